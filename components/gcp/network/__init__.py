"""VPC network of a stack on Google Cloud."""
