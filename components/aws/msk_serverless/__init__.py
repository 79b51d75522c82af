"""Amazon MSK Serverless."""
