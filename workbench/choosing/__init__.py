"""Facts for choosing a streaming service and a platform. docs/choosing.md is written from them."""
