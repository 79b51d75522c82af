// Go modules with the custom resource definitions of an EKS cluster. The definitions are read from the modules' directories; no package
// is built. So do not run `go mod tidy` here. `go mod download -json MODULE@VERSION` writes go.sum.
module data-pipes/tools/eks

go 1.26

require (
	github.com/aws/amazon-vpc-resource-controller-k8s v1.7.18
	sigs.k8s.io/karpenter v1.9.0
)
