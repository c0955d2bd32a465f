# Everything here needs Go and make, nothing else.

export CGO_ENABLED = 0

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
LDFLAGS := -s -w -X main.release=$(VERSION)

.PHONY: build build-mpi demo test test-long race fuzz bench bench-compare lint lint-exported vuln fmt vet-cross generate generate-check clean

# Tools that csl itself does not need have a go.mod apart.
TOOL := go tool -modfile=scripts/tools/go.mod

build: ## bin/csl
	go build -trimpath -ldflags "$(LDFLAGS)" -o bin/ ./cmd/csl

build-mpi: ## bin/csl-mpi: csl for ranks that mpirun starts; opens libmpi at run time, so it is linked dynamically (Linux)
	go build -trimpath -tags mpi -ldflags "$(LDFLAGS)" -o bin/csl-mpi ./cmd/csl

DEMO_TRAIN := demo/data/train2014
DEMO_TRUTH := demo/data/annotations/instances_train2014.json

demo: build ## draw images, hide labels, train three ways, compare: demo/report.html
	@echo "This takes about a minute on 2 cores with AVX2 (portable kernels: 5 to 10 minutes) and writes to demo/ only."
	@echo "4,000 small scenes of 24 classes; 100 known labels of each kind per class are kept, 15 of 16 labels are hidden."
	rm -rf demo
	bin/csl data synth --out demo/data --train 3000 --val 1000 --size 64 --seed 1
	@echo; echo "1 of 3: learn from the known labels alone; then ask that model how common each class is"
	bin/csl train --config configs/demo_ignore.yaml
	bin/csl estimate-prior --model_path demo/ignore/best.safetensors --data $(DEMO_TRAIN) \
		--annotations demo/ignore/labels.csv --val_data demo/data --out demo/prior.csv --compare_with $(DEMO_TRUTH)
	@echo; echo "2 of 3: count unknown labels as absent"
	bin/csl train --config configs/demo_negative.yaml
	@echo; echo "3 of 3: count them as absent unless they are likely present"
	bin/csl train --config configs/demo_selective.yaml
	@echo
	bin/csl report demo/ignore demo/negative demo/selective --out demo/report.html
	@echo "curves, classes and predicted images: open demo/report.html"

# The study of docs/evidence.md; data/fashion9k must be there. A sweep that was stopped goes on.
EVIDENCE := evidence ablation losses rps
SEEDS :=
JOBS := 1

evidence: build evidence/test.csv ## the study of docs/evidence.md, hours; SEEDS=1,2 runs fewer seeds, JOBS=2 two trainings at a time
	@set -e; for f in $(EVIDENCE); do bin/csl sweep configs/sweeps/$$f.yaml $(if $(SEEDS),--seeds $(SEEDS)) --jobs $(JOBS); done

evidence-quick: ## its main comparison with one seed
	$(MAKE) evidence EVIDENCE=evidence SEEDS=1

evidence/test.csv: build
	@mkdir -p evidence
	@[ -e $@ ] || bin/csl data convert --annotations data/fashion9k/val.json --to csv --split 0.5,0.5 --out evidence/val.csv,$@

test: ## every test that needs no data from outside (minutes)
	@command -v chromium chromium-browser google-chrome >/dev/null || [ -n "$$CSL_CHROMIUM" ] || \
		echo "make test: Chromium is not installed: pages are NOT CHECKED in a browser (Debian: apt-get install chromium)" >&2
	go test -timeout 15m ./...

test-long: ## also the suites on real data (CSL_SHARED names the folder that holds it) and against PyTorch and ONNX Runtime
	scripts/oracles.sh
	scripts/chromium.sh
	scripts/mpi.sh
	go test -tags long -timeout 120m ./...

# The packages in which goroutines share memory. The race detector needs cgo, and so a C compiler.
RACE := ./internal/graph/... ./internal/kernel/... ./internal/images/loader ./internal/images/source ./internal/train/... \
	./internal/safefile/... ./internal/review ./internal/progress ./internal/infer ./internal/predict

race: ## tests of everything concurrent under the race detector (needs a C compiler; slow)
	@command -v $${CC:-gcc} >/dev/null || { echo "make race: the race detector needs cgo: install gcc or set CC" >&2; exit 1; }
	CGO_ENABLED=1 go test -race -timeout 60m $(RACE)

FUZZTIME := 10s

fuzz: ## every fuzz target for FUZZTIME; inputs that fail are kept under testdata/fuzz of the package
	scripts/fuzz.sh $(FUZZTIME)

BENCH := .
COUNT := 6

bench: ## Go benchmarks of all packages
	go test -run '^$$' -bench . -benchmem ./...

bench-compare: ## benchmarks of the working tree against those of BASE=revision (PKG, BENCH, COUNT narrow it); use an idle machine
	scripts/bench_compare.sh "$(BASE)" "$(BENCH)" "$(COUNT)" $(PKG)

vuln: ## govulncheck, where its database (vuln.go.dev) can be reached
	@$(TOOL) govulncheck ./... ; code=$$?; \
	if [ $$code = 1 ]; then echo "make vuln: not checked (see above; the database may be out of reach)" >&2; exit 0; fi; exit $$code

lint-exported: ## exported identifiers without documentation
	go run ./internal/tools/exported internal

lint: ## formatting, go vet, staticcheck, documentation of exported identifiers; silent when all is well
	@unformatted="$$(go tool gofumpt -l .)"; \
	if [ -n "$$unformatted" ]; then echo "not formatted (make fmt):"; echo "$$unformatted"; exit 1; fi
	go vet ./...
	go tool staticcheck ./...
	@$(MAKE) --no-print-directory -s lint-exported

fmt: ## format all Go files
	go tool gofumpt -w .

vet-cross: ## go vet for the platforms we do not test on
	GOOS=windows GOARCH=amd64 go vet ./...
	GOOS=darwin GOARCH=arm64 go vet ./...
	GOOS=linux GOARCH=arm64 go vet ./...
	go vet -tags mpi ./...
	GOOS=linux GOARCH=arm64 go vet -tags mpi ./...

generate: ## write the generated files anew
	go generate ./...

generate-check: generate ## fail if a generated file differs from the one committed
	git diff --exit-code -- '*.s' '*_stubs_*.go'

clean: ## what build and tests leave behind
	rm -rf bin
	go clean -testcache
