"""Stage `fit_prior`: a prior for each seed, fitted to the codes of that seed's frozen autoencoder."""

from context import ROOT, run
from pathlib import Path

from latentpriors.fits import fit_prior as fit_to_codes
from latentpriors.fits import load_codes
from latentpriors.over_seeds import curves, each_seed, facts_of, gather, gather_curves, merged
from latentpriors.project.code import fingerprints
from latentpriors.runs import device, generator, seed, value
from latentpriors.store import save_json, whole
from latentpriors.training import Protocol


def fit_prior(params: dict, dataset: str, prior: str, codes: Path, weights: Path, fit: Path) -> None:
    """A prior for each seed, fitted to the codes of that seed's frozen autoencoder.

    Arguments:
        dataset: A key of datasets in params.yaml.
        prior: A key of priors in params.yaml.
        codes: The folder of an autoencoder's codes.
        weights: The folder for the priors.
        fit: The folder for curves, facts and the picture of the codes.
    """
    shared, block = value(params, f"datasets.{dataset}.prior"), value(params, f"priors.{prior}")
    where = device(params, shared["precision"])
    protocol, model = Protocol.of(prior, block, shared, where), codes.parent.name

    def one(index: int, folder: Path) -> dict:
        names = ("prior", dataset, prior, index)
        order = generator(where, *names, "batches")
        budget = protocol.budget(order, f"{model} {prior} {index}", index, curves(folder))
        seed(*names)
        stored = load_codes(codes / f"seed{index}.safetensors", where)
        return fit_to_codes(protocol.method, protocol.arguments, stored, budget, folder) | protocol.facts

    folders = each_seed(
        f"prior/{model}-{prior}", params["seeds"], protocol.settings,
        lambda index: [codes / f"seed{index}.safetensors"], one, fingerprints(ROOT, "fit_prior", priors=[prior]),
    )  # fmt: skip
    gather(folders, "prior.safetensors", weights)
    with whole(fit) as part:
        part.mkdir(parents=True)
        gather_curves(folders).to_csv(part / "curves.csv", index=False)
        save_json(part / "facts.json", merged(facts_of(folders)))
        for file in ("plane.csv", "shots.safetensors"):
            (part / file).write_bytes((folders[0] / file).read_bytes())


if __name__ == "__main__":
    run(fit_prior)
