"""The columns of the tables on likelihood models: their nats, their codes against their priors, their conditions."""

__all__ = ["CLASSES", "COMPLETION", "LIKELIHOOD", "MISMATCH", "SWEEP", "TWO_STAGE"]

from .sheets import Column

LIKELIHOOD = (
    Column("model", "model", "s", ""),
    Column("pixels", "pixels", "s", "The likelihood of a pixel given the code; only rows of one kind compare in nats."),
    Column("iwae", "IWAE bound", ".2f",
           "Bound on log p(x) by importance sampling. Nats an image, higher is better."),
    Column("iwae_span", "95% interval of IWAE", "s", "Student's t over seeds."),
    Column("proposal_width", "proposal", ".2f",
           "Of a bound whose codes are not from a posterior, but from a Gaussian around the image's code: its standard "
           "deviation in those of the codes."),
    Column("elbo", "ELBO", ".2f", "-reconstruction - KL: the bound from one code an image, higher is better."),
    Column("elbo_span", "95% interval of ELBO", "s", "Student's t over seeds."),
    Column("iwae_gap", "gap", ".2f", "IWAE bound less ELBO: q(z | x) is at least so far from p(z | x)."),
    Column("reconstruction", "reconstruction", ".2f", "-log p(x | z) at codes of the image; lower is better."),
    Column("kl", "KL", ".2f", "Of q(z | x) to the autoencoder's own prior: NLL of the prior less entropy."),
    Column("nll", "NLL of the prior", ".2f", "-log p(z) of these codes, N(0, I) where the autoencoder has no prior."),
    Column("entropy", "entropy", ".2f", "Of q(z | x); negative where it is narrow."),
    Column("squared_error", "squared error", ".3f", "Of the decoded image, summed over pixels, for all alike."),
)  # fmt: skip

MISMATCH = (
    Column("model", "autoencoder", "s", ""),
    Column("mismatch_sliced_wasserstein", "sliced Wasserstein", ".3f",
           "Wasserstein-2 distance of q(z) to p(z), root mean square over directions, in standard deviations of the "
           "training codes; lower is better."),
    Column("mismatch_floor", "its floor", ".3f", "The same of two samples of p(z): what a perfect match has."),
    Column("mismatch_accuracy", "two-sample accuracy", ".3f",
           "How often a classifier tells q(z) from p(z): 0.5 where it cannot; lower is better."),
    Column("code_scale", "code scale", "#.3g", "Standard deviation of the raw codes, mean over dimensions."),
    Column("code_scale_least", "least scale", "#.3g", "The same for the dimension with the least."),
    Column("active_units", "active units", ".1f",
           "Dimensions of which images explain more than a hundredth of the variance, mean over seeds."),
    Column("collapse", "collapse", "s",
           "Whether dimensions say nothing about the image: none, partial (some) or full (all); the worst seed."),
)  # fmt: skip

TWO_STAGE = (
    Column("pair", "joint against two-stage", "s", ""),
    Column("joint", "FCD, joint", ".2f", "Prior and autoencoder trained together."),
    Column("two_stage", "FCD, two-stage", ".2f", "Prior fitted to the codes of a finished autoencoder."),
    Column("joint_ceiling", "reconstructions, joint", ".2f", "FCD of the joint autoencoder's reconstructions."),
    Column("two_stage_ceiling", "reconstructions, two-stage", ".2f", "FCD of the other autoencoder's."),
    Column("joint_seconds", "seconds, joint", ".0f", "Of a seed's training, on a CPU of processor time."),
    Column("two_stage_seconds", "seconds, two-stage", ".0f", "The same of autoencoder and prior together."),
    Column("ratio", "ratio", ".2f", "FCD of the joint over the two-stage one, geometric means over seeds."),
    Column("span", "95% interval", "s", "Of the ratio, for this pair alone."),
    Column("p", "p alone", ".3f", "Of the t test of log FCD, paired by seed on one autoencoder, else Welch's."),
    Column("p_holm", "p, Holm", ".3f", "After Holm's correction over all pairs of competing cells."),
)  # fmt: skip

SWEEP = (
    Column("method", "model", "s", ""),
    Column("beta", "β", "g", "The weight of the reconstruction; GLF has none."),
    Column("fcd", "FCD", ".2f", "Of as many samples of the model's own prior as a table's rows have."),
    Column("span", "95% interval", "s", "Student's t over seeds."),
    Column("elbo", "ELBO", ".2f", "-reconstruction - KL, nats, whatever β was; higher is better."),
    Column("fcd_validation", "FCD validation", ".2f", "FCD to the validation split."),
    Column("reconstruction", "reconstruction", ".2f", "-log p(x | z) at codes of the image, nats; lower is better."),
    Column("kl", "KL", ".2f", "Of q(z | x) to the prior, nats."),
    Column("entropy", "entropy", ".2f", "Of q(z | x), nats."),
    Column("nll", "NLL of the prior", ".2f", "-log p(z) of these codes, nats."),
    Column("code_scale", "code scale", "#.3g", "Of the kept weights: standard deviation of the raw test codes."),
    Column("mismatch_accuracy", "two-sample accuracy", ".3f",
           "How often a classifier tells the codes from the prior: 0.5 where it cannot."),
    Column("collapse", "collapse", "s", "Of the posterior; the worst seed."),
    Column("unsteady_scale", "scale's unrest", ".3f",
           "Standard deviation of the relative change of the codes' scale from a look to the next, second half."),
    Column("unsteady_nll", "NLL's unrest", ".2f", "The same of the prior's NLL, in nats."),
    Column("failures", "failed", ".0f", "Seeds that diverged or could not be scored; means are of the others."),
)  # fmt: skip

CLASSES = (
    Column("label", "class", ".0f", ""),
    Column("accuracy", "asked for", ".3f", "Share of the images asked for as this class that are taken for it."),
    Column("real", "real images", ".3f", "Share of the test images of this class that are taken for it."),
)

COMPLETION = (
    Column("seen", "seen", "s", ""),
    Column("baseline", "baseline", ".2f", "Nats of an image's missing pixels, each on its own; lower is better."),
    Column("cvae", "conditional VAE", ".2f", "The same by importance sampling over its codes."),
    Column("difference", "difference", ".2f", "Conditional VAE less baseline: negative where its codes help."),
    Column("span", "95% interval", "s", "Of the difference: Student's t, paired by seed."),
    Column("bound", "bound", ".2f", "The conditional VAE's with one code instead: its reconstruction + KL."),
    Column("reconstruction", "reconstruction", ".2f", "Of the missing pixels, given a code that saw them."),
    Column("kl", "KL", ".2f", "What that code knows beyond the seen part: 0 where it says nothing."),
)  # fmt: skip
