# Two commands matter: `make demo` and `make test`. Each creates its environment from the lock and goes.
PYTHON ?= python3
BIN := .venv/bin
ROOMS := ontology store queries loaders api
DATA ?= tertius-data
SERVE ?= 1

.PHONY: demo test test-deps test-long lint types lock clean

demo: $(BIN)/.ready
	$(BIN)/tertius demo --data $(DATA) $(if $(filter 0,$(SERVE)),--no-serve)

test: lint types
	$(BIN)/python -m pytest --numprocesses 2

test-long: $(BIN)/.ready
	$(BIN)/python -m pytest -m long

# What the long tests need beside the lock: the Virtuoso server, without its service, and a Java 17 from Debian or one
# of its relatives; pyspark, which is too large for an environment that every test needs.
SUDO := $(if $(filter 0,$(shell id -u)),,sudo)
test-deps: $(BIN)/.ready
	$(SUDO) apt-get update --quiet=2
	$(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install --quiet=2 --yes --no-install-recommends \
		openjdk-17-jre-headless virtuoso-opensource-7-bin
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements-spark.lock

lint: $(BIN)/.ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-logo

# mypy does not follow editable finders; these links lay the rooms out as the installed package has them.
types: $(BIN)/.ready
	mkdir -p build/typed/tertius
	for room in $(ROOMS); do ln -sfn ../../../$$room build/typed/tertius/$$room; done
	MYPYPATH=build/typed $(BIN)/mypy $(ROOMS:%=-p tertius.%)

$(BIN)/.ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Tertius needs Python 3.11 or newer; name one: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 2; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	$(BIN)/python -c 'from tertius.queries.network import warm; warm()'
	touch $@

# Needs uv; run it after changing the dependencies in pyproject.toml.
lock:
	uv pip compile --quiet --universal --python-version 3.11 --extra dev --generate-hashes \
		--no-emit-index-url --no-emit-find-links pyproject.toml --output-file requirements.lock
	echo 'pyspark>=4.0' | uv pip compile --quiet --universal --python-version 3.11 --constraint requirements.lock \
		--generate-hashes --no-emit-index-url --no-emit-find-links - --output-file requirements-spark.lock

clean:
	rm -rf .venv build tertius-data *.egg-info .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
