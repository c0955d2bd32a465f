# Everything here needs Go and make, nothing else.

export CGO_ENABLED = 0

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
LDFLAGS := -s -w -X main.release=$(VERSION)

.PHONY: build test test-long bench lint fmt vet-cross generate clean

build: ## bin/csl
	go build -trimpath -ldflags "$(LDFLAGS)" -o bin/ ./cmd/csl

test: ## every test that needs no data from outside (minutes)
	go test -timeout 5m ./...

test-long: ## also the suites on real data; CSL_SHARED names the folder that holds it
	go test -tags long -timeout 120m ./...

bench: ## Go benchmarks of all packages
	go test -run '^$$' -bench . -benchmem ./...

lint: ## formatting, go vet, staticcheck; silent when all is well
	@unformatted="$$(go tool gofumpt -l .)"; \
	if [ -n "$$unformatted" ]; then echo "not formatted (make fmt):"; echo "$$unformatted"; exit 1; fi
	go vet ./...
	go tool staticcheck ./...

fmt: ## format all Go files
	go tool gofumpt -w .

vet-cross: ## go vet for the platforms we do not test on
	GOOS=windows GOARCH=amd64 go vet ./...
	GOOS=darwin GOARCH=arm64 go vet ./...
	GOOS=linux GOARCH=arm64 go vet ./...

generate: ## generated files again; git diff must stay empty
	go generate ./...

clean: ## what build and tests leave behind
	rm -rf bin
	go clean -testcache
