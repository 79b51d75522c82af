// Command pubsub is Google's own Pub/Sub server for tests, in memory, on a free port of loopback.
//
// It prints its address, and ends when its standard input does: when whoever started it is gone.
package main

import (
	"fmt"
	"io"
	"os"

	"cloud.google.com/go/pubsub/v2/pstest"
)

func main() {
	server := pstest.NewServerWithAddress("127.0.0.1:0")
	fmt.Println(server.Addr)
	_, _ = io.Copy(io.Discard, os.Stdin)
}
