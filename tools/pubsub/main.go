// Command pubsub is Google's own Pub/Sub server for tests, in memory, on a free port of loopback.
//
// It prints its address, and ends when its standard input does: when whoever started it is gone.
//
// The server's own dead letters keep blocking their ordering key and come again after they are acknowledged. So a failed message is
// moved here after its last attempt, with the attributes that Pub/Sub adds (Pub/Sub, Handle message failures, from memory).
// The server has no metrics. So a subscription has a label here with the number of its acknowledged messages.
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"maps"
	"os"
	"strconv"
	"strings"
	"time"

	pb "cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"cloud.google.com/go/pubsub/v2/pstest"
	"google.golang.org/protobuf/proto"
)

const (
	prefix       = "CloudPubSubDeadLetterSource"
	acknowledged = "data-pipes-acknowledged"
)

// subscription is what is noted of a subscription.
type subscription struct {
	made         *pb.Subscription
	acknowledged map[string]bool // by message ID
	moved        map[string]bool // by receipt
}

// observer moves failed messages to the dead letters and counts the others. The server holds its lock while it calls React.
type observer struct {
	server        *pstest.Server
	subscriptions map[string]*subscription
}

// React notes each subscription and its acknowledgements, and takes the failed messages out of a request that returns messages.
func (m *observer) React(request any) (bool, any, error) {
	switch request := request.(type) {
	case *pb.Subscription:
		made := proto.Clone(request).(*pb.Subscription)
		m.subscriptions[request.Name] = &subscription{made, map[string]bool{}, map[string]bool{}}
	case *pb.DeleteSubscriptionRequest:
		delete(m.subscriptions, request.Subscription)
	case *pb.GetSubscriptionRequest:
		if known := m.subscriptions[request.Subscription]; known != nil {
			found := proto.Clone(known.made).(*pb.Subscription)
			if found.Labels == nil {
				found.Labels = map[string]string{}
			}
			found.Labels[acknowledged] = strconv.Itoa(len(known.acknowledged))
			return true, found, nil
		}
	case *pb.AcknowledgeRequest:
		if known := m.subscriptions[request.Subscription]; known != nil {
			for _, receipt := range request.AckIds {
				id, _ := parsed(receipt)
				known.acknowledged[id] = true
			}
		}
	case *pb.ModifyAckDeadlineRequest:
		known := m.subscriptions[request.Subscription]
		if known == nil || known.made.DeadLetterPolicy == nil || request.AckDeadlineSeconds != 0 {
			break
		}
		policy := known.made.DeadLetterPolicy
		var returned []string
		for _, receipt := range request.AckIds {
			id, deliveries := parsed(receipt)
			if deliveries < int(policy.MaxDeliveryAttempts) {
				returned = append(returned, receipt)
			} else if !known.moved[receipt] {
				known.moved[receipt] = true
				go m.move(request.Subscription, receipt, id, deliveries, policy.DeadLetterTopic)
			}
		}
		request.AckIds = returned
	}
	return false, nil, nil
}

// move publishes a message to the dead letters and acknowledges it.
func (m *observer) move(subscription, receipt, id string, deliveries int, topic string) {
	message := m.server.Message(id)
	if message == nil || message.Deliveries != deliveries {
		return // it was delivered again meanwhile
	}
	attributes := maps.Clone(message.Attributes)
	if attributes == nil {
		attributes = map[string]string{}
	}
	parts := strings.Split(subscription, "/")
	attributes[prefix+"DeliveryCount"] = strconv.Itoa(deliveries)
	attributes[prefix+"Subscription"] = parts[len(parts)-1]
	attributes[prefix+"SubscriptionProject"] = parts[1]
	attributes[prefix+"TopicPublishTime"] = message.PublishTime.Format(time.RFC3339Nano)
	letter := &pb.PubsubMessage{Data: message.Data, Attributes: attributes, OrderingKey: message.OrderingKey}
	ctx := context.Background()
	request := &pb.PublishRequest{Topic: topic, Messages: []*pb.PubsubMessage{letter}}
	if _, err := m.server.GServer.Publish(ctx, request); err != nil {
		log.Printf("moving message %s of %s to the dead letters: %v", id, subscription, err)
		return
	}
	done := &pb.AcknowledgeRequest{Subscription: subscription, AckIds: []string{receipt}}
	if _, err := m.server.GServer.Acknowledge(ctx, done); err != nil {
		log.Printf("acknowledging message %s of %s: %v", id, subscription, err)
	}
}

// parsed returns the message ID and the number of deliveries in a receipt such as m7:2.
func parsed(receipt string) (string, int) {
	id, number, _ := strings.Cut(receipt, ":")
	deliveries, _ := strconv.Atoi(number)
	return id, deliveries
}

func main() {
	observing := &observer{subscriptions: map[string]*subscription{}}
	var options []pstest.ServerReactorOption
	for _, call := range []string{"CreateSubscription", "DeleteSubscription", "GetSubscription", "Acknowledge", "ModifyAckDeadline"} {
		options = append(options, pstest.ServerReactorOption{FuncName: call, Reactor: observing})
	}
	observing.server = pstest.NewServerWithAddress("127.0.0.1:0", options...)
	fmt.Println(observing.server.Addr)
	_, _ = io.Copy(io.Discard, os.Stdin)
}
