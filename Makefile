# AEO Registry. `make` lists the targets.
RACE := $(shell command -v $${CC:-cc} >/dev/null 2>&1 && echo -race)
CORPORA ?= $(or $(AEO_CORPORA),../shared/data/corpora)

help: ## list the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 10

build: ## build bin/aeo
	CGO_ENABLED=0 go build -trimpath -o bin/aeo ./cmd/aeo

demo: build ## the main job, for real: grant, federate, switch off, verify offline (leaves .demo)
	bin/aeo demo --dir .demo

test: build lint ## every test, with the race detector where a C compiler is present
	@[ -n "$(RACE)" ] || echo "no C compiler found: the tests run without the race detector"
	@[ -d "$(CORPORA)" ] || echo "no public corpora at $(CORPORA): the tests that read them are skipped"
	AEO_CORPORA=$(abspath $(CORPORA)) go test $(RACE) -timeout 15m ./...

race: ## the tests again and again under the race detector (COUNT=3)
	AEO_CORPORA=$(abspath $(CORPORA)) go test -race -count=$(or $(COUNT),3) -timeout 60m ./...

fuzz: ## each fuzz target for FUZZTIME (10s)
	@.ci/fuzz $(or $(FUZZTIME),10s)

campaign: ## each promise of the README tested at the size of a release (SHORT=1: of a submission)
	AEO_CORPORA=$(abspath $(CORPORA)) go run ./cmd/campaign $(if $(SHORT),-short) $(if $(ONLY),-only $(ONLY))

bench: ## speed, each figure against its floor in the same run
	go run ./cmd/bench

lint: ## gofmt, vet, staticcheck, govulncheck; the house rules are tests in cmd/house
	@CORPORA=$(CORPORA) .ci/lint

.PHONY: help build demo test race fuzz campaign bench lint
