/** What jobs run on: Fargate, instances, and the queue before them. */
import { Stack, Token } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import * as batch from 'aws-cdk-lib/aws-batch';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import { CONTAINER, container, definition, EC2, fakeArm, job } from './batch';
import { BatchJobComputeProps, Compute, HybridFunction } from '../../src';
import { refusal, withSmallRuntime } from '../small-runtime';

describe('batch: Fargate (launchType)', () => {
  test('cpu and memoryLimitMiB: memory that is not given is the least that goes with the CPU', () => {
    const sizes = [256, 512, 1024, 2048, 4096, 8192, 16384]
      .map(cpu => container(job({ cpu })).ResourceRequirements.map(({ Value }: { Value: string }) => Value));
    expect(sizes).toEqual([['512', '0.25'], ['1024', '0.5'], ['2048', '1'], ['4096', '2'], ['8192', '4'], ['16384', '8'], ['32768', '16']]);
  });

  test('pairs of CPU and memory that Fargate does not have are refused', () => {
    expect(refusal(() => job({ cpu: 256, memoryLimitMiB: 4096 }))).toMatch(/^Stack\/Report: 'memoryLimitMiB' must be one of 512, 1024, 2048 .*CDK_HYBRID_FARGATE_SIZE\]$/);
    expect(refusal(() => job({ cpu: 300 }))).toContain('CDK_HYBRID_FARGATE_SIZE');
    expect(container(job({ cpu: Token.asNumber({ Ref: 'Cpu' }), memoryLimitMiB: 1024 })).ResourceRequirements).toHaveLength(2);
  });

  test('ephemeralStorageGiB', () => {
    expect(container(job({ ephemeralStorageGiB: 100 })).EphemeralStorage).toEqual({ SizeInGiB: 100 });
    expect(refusal(() => job({ ephemeralStorageGiB: 20 }))).toContain("'ephemeralStorageGiB' must be 21 to 200 GiB, got 20");
  });

  test('assignPublicIp, for public subnets; without it they are warned of', () => {
    const warnings = (compute: BatchJobComputeProps) => withSmallRuntime(() => {
      const stack = new Stack();
      const vpc = new ec2.Vpc(stack, 'Vpc');
      new HybridFunction(stack, 'Report', { ...CONTAINER, vpc, vpcSubnets: { subnetType: ec2.SubnetType.PUBLIC }, compute: Compute.batchJob(compute) });
      return Annotations.fromStack(stack).findWarning('*', Match.stringLikeRegexp('cdk-hybrid:BatchJob.publicSubnets')).length;
    });
    expect([warnings({}), warnings({ assignPublicIp: true })]).toEqual([1, 0]);
    expect(container(job({ assignPublicIp: true })).NetworkConfiguration).toEqual({ AssignPublicIp: 'ENABLED' });
  });

  test('spot and maxvCpus', () => {
    job({ spot: true, maxvCpus: 16 }).hasResourceProperties('AWS::Batch::ComputeEnvironment', { ComputeResources: { Type: 'FARGATE_SPOT', MaxvCpus: 16 } });
    expect(refusal(() => job({ maxvCpus: 0 }))).toContain("'maxvCpus'");
  });

  test('arm64', () => {
    expect(container(job({}, fakeArm)).RuntimePlatform).toEqual({ CpuArchitecture: 'ARM64', OperatingSystemFamily: 'LINUX' });
  });

  test.each(['gpu', 'minvCpus', 'spotBidPercentage'] as const)('%s is for EC2', property => {
    expect(refusal(() => job({ [property]: 1 }))).toBe(`Stack/Report: '${property}' must be not given on Fargate, got 'a value'; `
      + 'leave it out, or set launchType: LaunchType.EC2 [CDK_HYBRID_BATCH_OPTION]');
  });
});

describe('batch: EC2 (launchType)', () => {
  test('instances of the function\'s architecture, in its subnets, with its security groups, started for jobs alone', () => {
    const template = job({ launchType: EC2 }, stack => {
      const vpc = new ec2.Vpc(stack, 'Vpc');
      return { vpc, vpcSubnets: { subnets: [vpc.privateSubnets[0]] } };
    });
    template.hasResourceProperties('AWS::Batch::ComputeEnvironment', {
      ComputeResources: {
        Type: 'EC2',
        InstanceTypes: ['default_x86_64'],
        MinvCpus: 0,
        MaxvCpus: 256,
        AllocationStrategy: 'BEST_FIT_PROGRESSIVE',
        Ec2Configuration: [{ ImageType: 'ECS_AL2023' }],
        Subnets: [{ Ref: Match.stringLikeRegexp('^VpcPrivateSubnet1') }],
        SecurityGroupIds: [{ 'Fn::GetAtt': [Match.stringLikeRegexp('^ReportSecurityGroup'), 'GroupId'] }],
      },
    });
    expect(definition(template)).toMatchObject({ PlatformCapabilities: ['EC2'], ContainerProperties: { ResourceRequirements: [{ Type: 'MEMORY', Value: '2048' }, { Type: 'VCPU', Value: '1' }] } });
    expect(container(template).RuntimePlatform).toBeUndefined();
    job({ launchType: EC2 }, fakeArm).hasResourceProperties('AWS::Batch::ComputeEnvironment', { ComputeResources: { InstanceTypes: ['default_arm64'] } });
  });

  test('instanceTypes, instanceClasses, minvCpus, launchTemplate, allocationStrategy, spot and spotBidPercentage', () => {
    job(stack => ({
      launchType: EC2,
      instanceTypes: [new ec2.InstanceType('m6i.large')],
      instanceClasses: [ec2.InstanceClass.C6I],
      minvCpus: 2,
      maxvCpus: 8,
      launchTemplate: new ec2.LaunchTemplate(stack, 'Template'),
      spot: true,
      spotBidPercentage: 60,
      allocationStrategy: batch.AllocationStrategy.SPOT_CAPACITY_OPTIMIZED,
    })).hasResourceProperties('AWS::Batch::ComputeEnvironment', {
      ComputeResources: {
        Type: 'SPOT',
        InstanceTypes: ['m6i.large', 'c6i'],
        MinvCpus: 2,
        MaxvCpus: 8,
        BidPercentage: 60,
        AllocationStrategy: 'SPOT_CAPACITY_OPTIMIZED',
        LaunchTemplate: { LaunchTemplateId: Match.anyValue() },
      },
    });
  });

  test('minvCpus and spotBidPercentage that cannot be are refused', () => {
    expect(refusal(() => job({ launchType: EC2, minvCpus: 300 }))).toContain("'minvCpus' must be 0 to 256 (maxvCpus), got 300");
    expect(refusal(() => job({ launchType: EC2, minvCpus: 3, maxvCpus: 2 }))).toContain("'minvCpus' must be 0 to 2 (maxvCpus), got 3");
    expect(refusal(() => job({ launchType: EC2, spot: true, spotBidPercentage: 101 }))).toContain("'spotBidPercentage' must be 1 to 100 percent, got 101");
    expect(refusal(() => job({ launchType: EC2, spotBidPercentage: 50 }))).toMatch(/'spotBidPercentage' must be not given without spot, got 50; leave it out, or set spot: true \[CDK_HYBRID_BATCH_OPTION\]$/);
  });

  test('cpu is whole vCPUs, memoryLimitMiB free', () => {
    expect(container(job({ launchType: EC2, cpu: 3072, memoryLimitMiB: 5000 })).ResourceRequirements).toEqual([{ Type: 'MEMORY', Value: '5000' }, { Type: 'VCPU', Value: '3' }]);
    expect(refusal(() => job({ launchType: EC2, memoryLimitMiB: 2 }))).toContain("'memoryLimitMiB' must be a whole number from 4 MiB, got 2");
    expect(refusal(() => job({ launchType: EC2, cpu: 512 }))).toBe("Stack/Report: 'cpu' must be whole vCPUs on EC2: 1024, 2048, ..., got 512; choose a value in the range [CDK_HYBRID_SIZE_OUT_OF_RANGE]");
  });

  test('gpu, on instances that have some', () => {
    const template = job({ launchType: EC2, gpu: 2, instanceTypes: [new ec2.InstanceType('g5.12xlarge')] });
    expect(container(template).ResourceRequirements).toContainEqual({ Type: 'GPU', Value: '2' });
    // Batch chooses the image with the drivers itself.
    template.hasResourceProperties('AWS::Batch::ComputeEnvironment', { ComputeResources: { Ec2Configuration: Match.absent() } });
    expect(refusal(() => job({ launchType: EC2, gpu: 0 }))).toContain("'gpu' must be a whole number from 1, got 0");
    expect(refusal(() => job({ launchType: EC2, gpu: 1 }))).toMatch(/'instanceTypes' must be types with GPUs when gpu is given.*BATCH_OPTION\]$/);
  });

  test('instances of another architecture are refused', () => {
    const wrong = "Stack/Report: 'architecture' must be arm64, that of the instance type m7g.large, got 'x86_64'; set architecture, or choose instances of it [CDK_HYBRID_BATCH_ARCHITECTURE]";
    expect(refusal(() => job({ launchType: EC2, instanceTypes: [new ec2.InstanceType('m6i.large'), new ec2.InstanceType('m7g.large')] }))).toBe(wrong);
    expect(refusal(() => job({ launchType: EC2, instanceClasses: [ec2.InstanceClass.M7G] }))).toBe(wrong);
    expect(refusal(() => job(stack => ({
      launchType: EC2,
      computeEnvironments: [new batch.ManagedEc2EcsComputeEnvironment(stack, 'Own', {
        vpc: new ec2.Vpc(stack, 'Vpc'), instanceTypes: [new ec2.InstanceType('m7g.large')], useOptimalInstanceClasses: false,
      })],
    })))).toBe(wrong);
  });

  test.each(['ephemeralStorageGiB', 'assignPublicIp'] as const)('%s is for Fargate', property => {
    const value = property === 'assignPublicIp' ? true : 30;
    expect(refusal(() => job({ launchType: EC2, [property]: value }))).toMatch(new RegExp(`'${property}' must be not given on EC2.*BATCH_OPTION\\]$`));
  });
});

describe('batch: queue and compute environment', () => {
  test('jobQueue: one of one\'s own brings its network, and no VPC is made', () => {
    const template = job(stack => ({ jobQueue: batch.JobQueue.fromJobQueueArn(stack, 'Queue', 'arn:aws:batch:eu-west-1:111122223333:job-queue/shared') }));
    for (const type of ['AWS::Batch::JobQueue', 'AWS::Batch::ComputeEnvironment', 'AWS::EC2::VPC', 'AWS::EC2::SecurityGroup']) { template.resourceCountIs(type, 0); }
  });

  test('computeEnvironments of one\'s own stand behind the queue in their order', () => {
    const template = job(stack => {
      const vpc = new ec2.Vpc(stack, 'Vpc');
      return { computeEnvironments: [true, false].map(spot => new batch.FargateComputeEnvironment(stack, spot ? 'Spot' : 'Full', { vpc, spot })) };
    });
    template.resourceCountIs('AWS::EC2::VPC', 1);
    template.hasResourceProperties('AWS::Batch::JobQueue', {
      ComputeEnvironmentOrder: ['Spot', 'Full'].map((name, index) => ({ Order: index + 1, ComputeEnvironment: { 'Fn::GetAtt': [Match.stringLikeRegexp(`^${name}`), 'ComputeEnvironmentArn'] } })),
    });
  });

  test('one whose instances are not what the job says is refused', () => {
    const withQueue = (launchType?: ecs.LaunchType) => job(stack => {
      const queue = new batch.JobQueue(stack, 'Queue');
      const vpc = new ec2.Vpc(stack, 'Vpc');
      queue.addComputeEnvironment(launchType ? new batch.FargateComputeEnvironment(stack, 'Own', { vpc }) : new batch.ManagedEc2EcsComputeEnvironment(stack, 'Own', { vpc }), 1);
      return { jobQueue: queue, launchType };
    });
    expect(refusal(() => withQueue())).toBe("Stack/Report: 'launchType' must be that of the compute environment Stack/Own, got 'FARGATE'; set launchType: LaunchType.EC2 [CDK_HYBRID_BATCH_OPTION]");
    expect(refusal(() => job({ launchType: ecs.LaunchType.EXTERNAL }))).toContain("'launchType' must be FARGATE or EC2, got 'EXTERNAL'");
    expect(refusal(() => withQueue(EC2))).toContain('set launchType: LaunchType.FARGATE');
  });

  test('what a queue or an environment of one\'s own has already is refused', () => {
    const queue = (stack: Stack) => batch.JobQueue.fromJobQueueArn(stack, 'Queue', 'arn:aws:batch:eu-west-1:111122223333:job-queue/shared');
    const environments = (stack: Stack) => [batch.FargateComputeEnvironment.fromFargateComputeEnvironmentArn(stack, 'Own', 'arn:aws:batch:eu-west-1:111122223333:compute-environment/own')];
    expect(refusal(() => job(stack => ({ jobQueue: queue(stack), maxvCpus: 3 })))).toMatch(/'maxvCpus' must be not given with a jobQueue.*set it where the queue is made \[CDK_HYBRID_BATCH_OPTION\]$/);
    expect(refusal(() => job(stack => ({ jobQueue: queue(stack), jobQueuePriority: 3 })))).toContain("'jobQueuePriority'");
    expect(refusal(() => job(stack => ({ jobQueue: queue(stack), computeEnvironments: environments(stack) })))).toContain("'computeEnvironments'");
    expect(refusal(() => job(stack => ({ computeEnvironments: environments(stack), spot: true })))).toMatch(/'spot' must be not given with computeEnvironments/);
    expect(refusal(() => job({ computeEnvironments: [] }))).toContain("'computeEnvironments' must be 1 to 3, got 0");
  });

  test('schedulingPriority, jobQueuePriority, shareIdentifier and schedulingPolicy: priorities and fair shares', () => {
    const fair = { schedulingPriority: 7, jobQueuePriority: 5, shareIdentifier: 'reports' };
    const template = job(stack => ({ ...fair, schedulingPolicy: new batch.FairshareSchedulingPolicy(stack, 'Fair') }));
    template.hasResourceProperties('AWS::Batch::JobQueue', { Priority: 5, SchedulingPolicyArn: Match.anyValue() });
    expect(definition(template).SchedulingPriority).toBe(7);
    expect(refusal(() => job(stack => ({ schedulingPolicy: new batch.FairshareSchedulingPolicy(stack, 'Fair') })))).toMatch(/'shareIdentifier' must be given with a scheduling policy.*BATCH_OPTION\]$/);
    expect(refusal(() => job({ jobQueuePriority: -1 }))).toContain("'jobQueuePriority' must be a whole number from 0, got -1");
    expect(refusal(() => job({ schedulingPriority: 10_000 }))).toContain("'schedulingPriority' must be 0 to 9999");
  });
});
