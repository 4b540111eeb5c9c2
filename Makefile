# make reproduce [TABLE=mnist-poster]   rebuilds a table and its report
# make verify                           says whether the committed tables belong to the code, without training
# make verify CELLS="KEY KEY"           reruns these rows, or with CELLS=all those of TABLE, beside the committed table
# make test                             runs the tests
TABLE ?= digits-poster
PYTHON ?= python3

BIN := .venv/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)
SHELL := /bin/bash

.PHONY: reproduce verify test lint readme benchmark requirements clean

reproduce: .venv/ready
	@# `dvc repro` does the same, a stage at a time.
	@python tools/engine.py report@$(TABLE)
	@printf '\n'; sed -n '/^## /q;/^|/p' reports/$(TABLE)/report.md; printf '\nThe report: %s\n' "$(CURDIR)/reports/$(TABLE)/report.html"

# A rerun works in a copy of the last commit inside .work and leaves the committed metrics as they are.
verify: .venv/ready
	@python tools/verify.py --table "$(TABLE)" --cells "$(CELLS)"

test: .venv/ready
	pytest

lint: .venv/ready
	ruff check .
	ruff format --check .

# Copies the headline of the MNIST report into the README.
readme: .venv/ready
	python tools/readme.py

# What the work costs, into reports/speed, in ten minutes; `pip install -e .[benchmark]` adds pythae to compare with.
benchmark: .venv/ready
	python tools/benchmark.py

# Pins every package for every platform from pyproject.toml; needs uv.
requirements:
	uv pip compile --universal --quiet --no-header --no-annotate --python-version 3.11 \
	  --extra pipeline --extra dev pyproject.toml -o requirements.txt

# Forgets the finished seeds that an interrupted stage would go on with.
clean:
	rm -rf .work

.venv/ready: requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "error: Python 3.11 or newer is needed; name one with PYTHON=" >&2; exit 1; }
	@# What a kill leaves of a first installation looks complete to pip: it begins anew.
	@test -f $@ || rm -rf .venv
	@rm -f $@
	$(PYTHON) -m venv .venv
	pip install --quiet --disable-pip-version-check -r requirements.txt
	pip install --quiet --disable-pip-version-check --no-deps -e .
	python .dvc/plots/offline.py
	touch $@
