// Go module with the custom resource definitions of the Prometheus operator. They are read from the module's directory; no package is built.
// So do not run `go mod tidy` here. `go mod download -json MODULE@VERSION` writes go.sum.
module data-pipes/tools/prometheus-operator

go 1.26

require github.com/prometheus-operator/prometheus-operator v0.85.0
