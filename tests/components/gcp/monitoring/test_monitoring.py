"""Tests of the alarms, notifications and dashboard of stacks on Google Cloud."""

import json
from functools import cache

import pytest

from tests.stacks import changed, planned, refused, rule, shipped
from workbench.cloud.gcp.monitoring import as_answered

PUBSUB, KAFKA, CONFLUENT = "gcp-pubsub-gke", "gcp-managed-kafka-gke", "gcp-confluent-gke"
POLICY = "gcp:monitoring/alertPolicy:AlertPolicy"
CHANNEL = "gcp:monitoring/notificationChannel:NotificationChannel"
DASHBOARD = "gcp:monitoring/dashboard:Dashboard"
MONITORING = "data-pipes:monitoring"
PIPES = "data-pipes:pipes"
BY_CONSUMERS = {"no-progress", "missing-consumers", "restarts"}
OF_PARTITIONS = {"partition-without-reader", "idle-consumer"}
ONCALL = "projects/data-pipes-42/notificationChannels/1234567890"


def with_pipe(stack=PUBSUB, **pipe):
    return planned({PIPES: {"orders": pipe}}, stack=stack).recording


def with_monitoring(stack=PUBSUB, **settings):
    return planned({MONITORING: settings}, stack=stack).recording


def policies(recording):
    """Return the alert policies by the words after the colon of their titles."""
    return {each.inputs["displayName"].partition(": ")[2]: each for each in recording.of_type(POLICY)}


def threshold(recording, alarm):
    [condition] = policies(recording)[alarm].inputs["conditions"]
    return condition["conditionThreshold"]


def promql(recording, alarm):
    [condition] = policies(recording)[alarm].inputs["conditions"]
    return condition["conditionPrometheusQueryLanguage"]


def dashboard(recording):
    return json.loads(recording.one(DASHBOARD).inputs["dashboardJson"])


def tiles(recording):
    """Return the tiles of each dashboard, by its title."""
    boards = [json.loads(each.inputs["dashboardJson"]) for each in recording.of_type(DASHBOARD)]
    return {each["displayName"]: each["mosaicLayout"]["tiles"] for each in boards}


def widgets(recording):
    return [tile["widget"] for tile in dashboard(recording)["mosaicLayout"]["tiles"]]


def titles(recording):
    return [widget["title"] for widget in widgets(recording)]


@cache
def recording(stack=PUBSUB):
    return shipped(stack).recording


def alarms(stack, **settings):
    return {*policies(with_monitoring(stack, **settings) if settings else recording(stack))}


@pytest.mark.parametrize(
    ("stack", "measured"),
    [
        (PUBSUB, {"old-records", "dead-letters"}),
        (KAFKA, {"many-unread-records", "dead-letters"}),
        (CONFLUENT, set()),
    ],
)
def test_without_a_collector_a_stack_has_only_the_alarms_of_its_service(stack, measured):
    assert alarms(stack, collector="none") == measured


@pytest.mark.parametrize("stack", [KAFKA, CONFLUENT])
def test_by_default_a_stack_also_has_the_alarms_on_its_consumers(stack):
    assert alarms(stack) >= BY_CONSUMERS | OF_PARTITIONS | {"lost-records"}


@pytest.mark.parametrize(("mode", "others"), [("shared", set()), ("partitioned", OF_PARTITIONS)])
def test_a_stack_on_pubsub_has_only_the_alarms_that_its_consumers_can_measure(mode, others):
    found = policies(with_pipe(topic={"mode": mode}))
    assert {*found} == BY_CONSUMERS | others | {"old-records", "dead-letters"}


@pytest.mark.parametrize("stack", [PUBSUB, KAFKA])
def test_no_fault_has_two_alarms(stack):
    assert len(recording(stack).of_type(POLICY)) == len(policies(recording(stack)))
    assert "conditionThreshold" in policies(recording(stack))["dead-letters"].inputs["conditions"][0]


def test_a_stack_without_monitoring_has_no_alarm_no_dashboard_and_scrapes_nothing():
    off = with_monitoring(enabled=False)
    for each in (POLICY, CHANNEL, DASHBOARD, "kubernetes:monitoring.googleapis.com/v1:PodMonitoring"):
        assert off.of_type(each) == ()
    assert "managedPrometheus" not in off.one("gcp:container/cluster:Cluster").inputs["monitoringConfig"]


def test_the_limit_of_old_records_is_the_age_of_the_pipe():
    assert threshold(recording(), "old-records")["thresholdValue"] == 900
    assert threshold(with_pipe(alarms={"ageMinutes": 3}), "old-records")["thresholdValue"] == 180


def test_the_limit_of_unread_records_follows_the_pipe():
    unread = "many-unread-records"
    assert threshold(recording(KAFKA), unread)["thresholdValue"] == 30_000
    assert threshold(with_pipe(KAFKA, parallelism=4), unread)["thresholdValue"] == 40_000
    expected = with_pipe(KAFKA, expect={"messagesPerSecond": 2, "bytes": 100, "handlingMilliseconds": 1})
    assert threshold(expected, unread)["thresholdValue"] == 1800
    assert threshold(with_pipe(KAFKA, alarms={"unreadRecords": 5}), unread)["thresholdValue"] == 5


@pytest.mark.parametrize(
    ("alarm", "metric"),
    [("old-records", "oldest_unacked_message_age"), ("dead-letters", "dead_letter_message_count")],
)
def test_one_alarm_watches_the_subscriptions_of_all_partitions_and_not_the_dead_letters(alarm, metric):
    partitioned = with_pipe(topic={"mode": "partitioned"})
    assert len(partitioned.of_type("gcp:pubsub/subscription:Subscription")) == 4
    assert threshold(partitioned, alarm)["filter"] == (
        f'metric.type = "pubsub.googleapis.com/subscription/{metric}" AND resource.type = "pubsub_subscription" '
        'AND resource.labels.subscription_id = monitoring.regex.full_match("gcp-pubsub-gke-orders[.][0-9]+")'
    )


def test_the_alarm_on_dead_letters_of_pubsub_is_on_new_ones_and_not_on_those_that_are_kept():
    condition = threshold(recording(), "dead-letters")
    assert condition["filter"] == (
        'metric.type = "pubsub.googleapis.com/subscription/dead_letter_message_count" AND resource.type = "pubsub_subscription" '
        'AND resource.labels.subscription_id = "gcp-pubsub-gke-orders"'
    )
    assert condition["aggregations"] == [
        {"alignmentPeriod": "900s", "perSeriesAligner": "ALIGN_DELTA", "crossSeriesReducer": "REDUCE_SUM"}
    ]
    assert condition["thresholdValue"] == 0


def test_without_dead_letters_no_alarm_waits_for_them():
    assert "dead-letters" not in policies(with_pipe(topic={"deadLetter": {"enabled": False}}))


def test_unread_records_of_a_group_are_those_of_all_partitions():
    condition = threshold(recording(KAFKA), "many-unread-records")
    assert condition["aggregations"] == [
        {"alignmentPeriod": "60s", "perSeriesAligner": "ALIGN_MEAN", "crossSeriesReducer": "REDUCE_SUM"}
    ]
    for label, value in (("cluster_id", KAFKA), ("topic_id", "orders"), ("consumer_group_id", "orders")):
        assert f'resource.labels.{label} = "{value}"' in condition["filter"]
    other_group = with_pipe(KAFKA, consumer={"group": "billing"})
    assert '= "billing"' in threshold(other_group, "many-unread-records")["filter"]


@pytest.mark.parametrize("stack", [PUBSUB, KAFKA])
def test_missing_values_are_no_alarm(stack):
    for each in policies(recording(stack)).values():
        for condition in each.inputs["conditions"]:
            found = condition.get("conditionThreshold", {}).get("evaluationMissingData")
            assert found in (None, "EVALUATION_MISSING_DATA_INACTIVE")


def test_an_alarm_says_what_is_wrong_what_to_look_at_and_where_to_read_on():
    policy = policies(with_monitoring(runbook="https://wiki.example.com/pipes"))["old-records"]
    assert policy.inputs["displayName"] == "gcp-pubsub-gke-orders: old-records"
    assert policy.inputs["severity"] == "CRITICAL"
    assert policy.inputs["documentation"] == {
        "subject": "gcp-pubsub-gke-orders: old-records",
        "mimeType": "text/markdown",
        "content": "orders: The oldest unread record is older than the limit of the pipe, or nobody reads. Check that the consumers run. "
        "Then compare the rates of new and of handled records. Runbook: https://wiki.example.com/pipes#old-records",
    }
    assert policies(recording())["dead-letters"].inputs["severity"] == "WARNING"


def test_nobody_is_notified_by_default():
    assert recording().of_type(CHANNEL) == ()
    assert {str(each.inputs.get("notificationChannels", [])) for each in policies(recording()).values()} == {"[]"}


def test_every_alarm_notifies_the_addresses_and_the_existing_channels():
    notified = with_monitoring(emails=["oncall@example.com", "data@example.com"], channels=[ONCALL])
    channels = notified.of_type(CHANNEL)
    assert sorted((each.inputs["labels"] for each in channels), key=str) == [
        {"email_address": "data@example.com"},
        {"email_address": "oncall@example.com"},
    ]
    assert {each.inputs["type"] for each in channels} == {"email"}
    for each in policies(notified).values():
        assert len({*each.inputs["notificationChannels"], ONCALL}) == 3
        assert {channel.urn for channel in channels} <= {*each.property_dependencies["notificationChannels"]}


def test_alarms_and_channels_have_the_tags_of_the_stack():
    tagged = planned(
        {"data-pipes:tags": {"team": "data"}, MONITORING: {"emails": ["oncall@example.com"]}}, stack=PUBSUB
    ).recording
    for each in (*tagged.of_type(POLICY), tagged.one(CHANNEL)):
        assert each.inputs["userLabels"] == {"data-pipes": PUBSUB, "team": "data"}


def test_a_pause_turns_all_alarms_of_the_pipe_off_in_place():
    paused = with_pipe(consumer={"paused": True})
    running = {each.urn: each for each in recording().of_type(POLICY)}
    resting = {each.urn: each for each in paused.of_type(POLICY)}
    assert running.keys() == resting.keys()
    assert {each.inputs["enabled"] for each in running.values()} == {True}
    assert {each.inputs["enabled"] for each in resting.values()} == {False}


def test_a_paused_pipe_leaves_the_alarms_of_others_on():
    both = planned({PIPES: {"orders": {"consumer": {"paused": True}}, "clicks": {"parallelism": 1}}}, stack=PUBSUB)
    for each in both.recording.of_type(POLICY):
        assert each.inputs["enabled"] is each.inputs["displayName"].startswith(f"{PUBSUB}-clicks:")


def test_rules_over_the_consumers_name_the_cluster_its_region_and_the_namespace():
    condition = promql(recording(), "missing-consumers")
    assert 'cluster="gcp-pubsub-gke",location="europe-west1",namespace="orders"' in condition["query"]
    assert "< 3 unless" in condition["query"]
    assert (condition["duration"], condition["evaluationInterval"]) == ("600s", "60s")
    assert (condition["ruleGroup"], condition["alertRule"]) == ("gcp-pubsub-gke-orders", "missing_consumers")
    assert condition["disableMetricValidation"] is True


def test_alarms_wait_for_the_api():
    recorded = recording()
    for each in (*recorded.of_type(POLICY), recorded.one(DASHBOARD)):
        assert recorded.one(f"{PUBSUB}-monitoring").urn in recorded.requirements(each)


def test_the_dashboard_starts_with_the_equation_of_each_pipe():
    both = planned({PIPES: {"clicks": {"parallelism": 1}}}, stack=PUBSUB).recording
    assert dashboard(both)["displayName"] == PUBSUB
    found = titles(both)
    for pipe in ("orders", "clicks"):
        assert found[found.index(pipe) + 1] == "Equation: partitions, running and ready consumers"
    [equation] = [each for each in widgets(recording()) if each["title"].startswith("Equation")]
    lines = equation["xyChart"]["dataSets"]
    assert [each["legendTemplate"] for each in lines] == ["partitions", "running", "ready"]
    assert lines[0]["timeSeriesQuery"] == {"prometheusQuery": "vector(3)"}


@pytest.mark.parametrize(
    ("stack", "charts"),
    [
        (PUBSUB, ["Published messages per second", "Acknowledged messages per second", "Unread messages"]),
        (KAFKA, ["Written records per second", "Unread records", "Dead letters in 15 minutes"]),
    ],
)
def test_the_dashboard_draws_what_the_service_and_the_consumers_measure(stack, charts):
    found = titles(recording(stack))
    assert {*charts, "Handled records per second", "Dead letters and lost records in 5 minutes"} <= {*found}


@pytest.mark.parametrize("stack", [PUBSUB, KAFKA, CONFLUENT])
def test_the_api_returns_every_field_of_the_dashboard_so_that_a_second_up_changes_nothing(stack):
    assert as_answered(dashboard(recording(stack))) == dashboard(recording(stack))


def test_more_pipes_than_a_dashboard_can_draw_are_on_a_second_one():
    pipes = {f"pipe{number}": {"parallelism": 1} for number in range(10)}
    both = planned({PIPES: pipes}, stack=PUBSUB)
    assert both.problems == ()
    first, second = tiles(both.recording).items()
    assert [first[0], second[0]] == [PUBSUB, f"{PUBSUB} 2"]
    assert (len(first[1]), len(second[1])) == (100, 10)
    assert second[1][0] == {
        "width": 12,
        "height": 1,
        "widget": {"title": "pipe9", "sectionHeader": {"dividerBelow": True}},
    }
    names = [each.name for each in both.recording.of_type(DASHBOARD)]
    assert names == [f"{PUBSUB}-dashboard", f"{PUBSUB}-dashboard-2"]


def test_a_pipe_with_the_name_of_the_stack_has_its_own_titles():
    stack_file = changed(stack=KAFKA).config[PIPES]["orders"]
    named = planned({PIPES: {KAFKA: stack_file}}, stack=KAFKA).recording
    found = [each.inputs["displayName"] for each in named.of_type(POLICY)]
    assert f"{KAFKA}-{KAFKA}: old-records" in found
    assert len(found) == len({*found})


def test_a_chart_has_a_line_at_the_limit_of_its_alarm():
    drawn = {each["title"]: each.get("xyChart", {}) for each in widgets(recording())}
    assert drawn["Age of the oldest unread message in seconds"]["thresholds"] == [{"value": 900}]
    assert "thresholds" not in drawn["Unread messages"]


@pytest.mark.parametrize("collector", ["none", "operator"])
def test_charts_of_the_consumers_are_drawn_only_if_cloud_monitoring_has_their_metrics(collector):
    assert "prometheusQuery" not in json.dumps(dashboard(with_monitoring(collector=collector)))


def test_a_stack_that_measures_nothing_has_no_dashboard():
    assert with_monitoring(CONFLUENT, collector="none").of_type(DASHBOARD) == ()


def errors(changes, stack=PUBSUB):
    stack_file = changed(changes, stack)
    return [
        rule(line).removeprefix("stacks/Pulumi.test.yaml: ")
        for line in refused(stack_file.program_config(), secret_keys=stack_file.secret_keys)
    ]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"emails": ["oncall"]},
            "monitoring.emails[0]: must be an e-mail address, such as oncall@example.com, got 'oncall'.",
        ),
        (
            {"channels": ["arn:aws:sns:eu-west-1:123456789012:oncall"]},
            "monitoring.channels[0]: must be the name of a notification channel, such as "
            "projects/my-project/notificationChannels/1234567890, got 'arn:aws:sns:eu-west-1:123456789012:oncall'.",
        ),
        (
            {"channels": ["projects/data-pipes-42/notificationChannels/1", "projects/ops/notificationChannels/2"]},
            "monitoring.channels[1]: must be a channel of the project data-pipes-42, got one of ops (alert policies use only channels of "
            "their own project). Create a channel there.",
        ),
        (
            {
                "channels": [f"projects/123456789012/notificationChannels/{number}" for number in range(15)],
                "emails": ["oncall@example.com", "data@example.com"],
            },
            "monitoring.channels: must have at most 16 entries together with emails, got 17 (each address becomes a channel, and an alert "
            "policy accepts no more). Remove some.",
        ),
        (
            {"enabled": False, "emails": ["oncall@example.com"]},
            "monitoring: must have no other keys while enabled is false, got emails (there is no alarm). Remove them, or set enabled to true.",
        ),
    ],
)
def test_invalid_notifications_are_refused(settings, message):
    assert errors({MONITORING: settings}) == [message]


def test_sixteen_channels_and_the_number_of_a_project_are_accepted():
    channels = [f"projects/123456789012/notificationChannels/{number}" for number in range(15)]
    assert errors({MONITORING: {"channels": channels, "emails": ["oncall@example.com"]}}) == []


def test_an_age_that_pubsub_cannot_measure_is_refused():
    [error] = errors({PIPES: {"orders": {"alarms": {"ageMinutes": 1}}}})
    assert error == (
        "pipes.orders.alarms.ageMinutes: must be at least 3 (the service does not measure shorter times), got 1. Raise it."
    )
    assert errors({PIPES: {"orders": {"alarms": {"ageMinutes": 1}}}}, KAFKA) == []


def test_without_a_collector_a_service_that_reports_no_lag_is_a_warning():
    [warning] = with_monitoring(CONFLUENT, collector="none").messages
    assert warning.text == (
        "monitoring.collector: none leaves the stack without alarms on unread records (confluent does not report them to the cloud's "
        "monitoring). Set it to managed or operator."
    )
    assert with_monitoring(PUBSUB, collector="none").messages == ()
