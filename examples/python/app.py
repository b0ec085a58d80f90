"""Every compute from Python: the handler is TypeScript, the app is not."""
from aws_cdk import App, Duration, Stack
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_ssm as ssm
from cdk_hybrid import (
    BatchJob,
    Compute,
    CustomRuntimeLayer,
    Engine,
    EnvironmentKind,
    EnvironmentRule,
    HandlerCode,
    HandlerRuntime,
    HandlerSecret,
    HybridFunction,
    HybridNetwork,
    LaunchableTask,
    ProcessService,
    ScheduledTask,
    ServiceScaling,
    Trigger,
)

app = App()
stack = Stack(app, "Python")
vpc = HybridNetwork(stack, "Network", max_azs=2).vpc

key = secretsmanager.Secret(stack, "Key")
webhook = ssm.StringParameter.from_secure_string_parameter_attributes(stack, "Webhook", parameter_name="/orders/webhook")

orders = HybridFunction(
    stack,
    "Orders",
    code=HandlerCode.from_entry("src/orders.ts"),
    runtime=HandlerRuntime.NODEJS_24,
    environment={"LIMIT": "500"},
    secrets={
        "API_KEY": HandlerSecret.from_secrets_manager(key),
        "WEBHOOK": HandlerSecret.from_ssm_parameter(webhook),
    },
    environment_schema={
        "LIMIT": EnvironmentRule(kind=EnvironmentKind.INTEGER, description="the most that one order may cost"),
        "API_KEY": EnvironmentRule(),
        "WEBHOOK": EnvironmentRule(kind=EnvironmentKind.URL, required=False),
    },
    timeout=Duration.seconds(20),
    vpc=vpc,
    compute=Compute.service(
        cpu=512,
        memory_limit_mib=1024,
        max_concurrency=50,
        min_capacity=2,
        max_capacity=10,
        scaling=[ServiceScaling.on_cpu(60)],
    ),
)
orders.add_trigger(Trigger.load_balancer(path="/orders/*", methods=["GET", "POST"]))

# The same code on Lambda, each morning.
morning = orders.add_compute("Morning", Compute.lambda_function(memory_size=512), environment={"LIMIT": "50"})
morning.add_trigger(
    Trigger.schedule(
        schedule=scheduler.ScheduleExpression.cron(hour="6", minute="0"),
        input=scheduler.ScheduleTargetInput.from_object({"total": 1}),
    )
)

# And as an ECS task, from the same image as the service.
orders.add_compute("Yearly", Compute.task(cpu=1024, memory_limit_mib=4096), timeout=Duration.hours(3))

report = LaunchableTask(
    stack,
    "Report",
    code=HandlerCode.from_entry("src/orders.ts"),
    vpc=vpc,
    timeout=Duration.hours(2),
    large_events=True,
)
report.grant_run(orders)

ScheduledTask(
    stack,
    "Nightly",
    code=HandlerCode.from_entry("src/orders.ts"),
    vpc=vpc,
    timeout=Duration.hours(1),
    schedule=scheduler.ScheduleExpression.rate(Duration.days(1)),
)

BatchJob(
    stack,
    "Archive",
    code=HandlerCode.from_entry("src/orders.ts"),
    vpc=vpc,
    timeout=Duration.hours(6),
    cpu=2048,
    memory_limit_mib=4096,
    retry_attempts=3,
)

# A Dockerfile of one's own, with nothing of ours inside.
ProcessService(
    stack,
    "Cache",
    runtime=HandlerRuntime.container(path="container", dockerfile="Dockerfile", entrypoint="redis-server --port 6379"),
    vpc=vpc,
    cpu=256,
    memory_limit_mib=512,
)

# The layer alone, for a function made by hand.
layer = CustomRuntimeLayer(stack, "Runtime", engine=Engine.NODEJS_24, architecture=lambda_.Architecture.ARM_64)
lambda_.Function(
    stack,
    "Plain",
    runtime=lambda_.Runtime.PROVIDED_AL2023,
    architecture=lambda_.Architecture.ARM_64,
    layers=[layer.layer_version],
    code=lambda_.Code.from_asset("plain"),
    handler="index.handler",
)

app.synth()
