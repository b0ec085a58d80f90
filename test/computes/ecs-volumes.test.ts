/** The volumes of services, processes and tasks. */
import { Stack } from 'aws-cdk-lib';
import { Match } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as efs from 'aws-cdk-lib/aws-efs';
import { handlerOf, instances, task, templateOf } from './ecs';
import { TaskVolume } from '../../src';
import { refusal } from '../small-runtime';

describe('volumes', () => {
  const fileSystem = (stack: Stack) => new efs.FileSystem(stack, 'Files', { vpc: new ec2.Vpc(stack, 'Vpc', { maxAzs: 1 }) });

  test('EFS access point: fromEfsAccessPoint at its containerPath, encrypted, authorized by the role, reachable', () => {
    let vpc: ec2.IVpc;
    const template = templateOf('task', stack => {
      const files = fileSystem(stack);
      vpc = files.node.scope!.node.findChild('Vpc') as ec2.Vpc;
      return { volumes: [TaskVolume.fromEfsAccessPoint(files.addAccessPoint('Access', { path: '/data' }), { containerPath: '/mnt/data' })] };
    }, () => ({ vpc }));
    const { handler, task: { Volumes } } = handlerOf(template);
    expect(handler.MountPoints).toContainEqual({ ContainerPath: '/mnt/data', ReadOnly: false, SourceVolume: 'mnt-data' });
    expect(Volumes).toContainEqual({
      Name: 'mnt-data',
      EFSVolumeConfiguration: {
        FilesystemId: { Ref: 'Files8E6940B8' }, TransitEncryption: 'ENABLED', AuthorizationConfig: { IAM: 'ENABLED', AccessPointId: { Ref: 'FilesAccess0D5BF4BB' } },
      },
    });
    template.hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: {
        Statement: Match.arrayWith([Match.objectLike({
          Action: ['elasticfilesystem:ClientMount', 'elasticfilesystem:ClientWrite'],
          Resource: { 'Fn::GetAtt': ['Files8E6940B8', 'Arn'] },
          Condition: Match.objectLike({ StringEquals: { 'elasticfilesystem:AccessPointArn': Match.anyValue() } }),
        })]),
      },
      Roles: [{ Ref: 'ApiRoleDE7A08EC' }],
    });
    template.hasResourceProperties('AWS::EC2::SecurityGroupIngress', { FromPort: 2049, SourceSecurityGroupId: { 'Fn::GetAtt': ['ApiSecurityGroup2D7B9747', 'GroupId'] } });
  });

  test('EFS file system that can only be read: fromEfsFileSystem, readOnly', () => {
    let vpc: ec2.IVpc;
    const template = templateOf('task', stack => {
      const files = fileSystem(stack);
      vpc = files.node.scope!.node.findChild('Vpc') as ec2.Vpc;
      return { volumes: [TaskVolume.fromEfsFileSystem(files, { containerPath: '/data', readOnly: true })] };
    }, () => ({ vpc }));
    template.hasResourceProperties('AWS::IAM::Policy', { PolicyDocument: { Statement: Match.arrayWith([Match.objectLike({ Action: 'elasticfilesystem:ClientMount' })]) } });
    expect(handlerOf(template).handler.MountPoints).toContainEqual({ ContainerPath: '/data', ReadOnly: true, SourceVolume: 'data' });
  });

  test('empty ones, and folders of the instance: scratch, fromHostPath', () => {
    expect(task({ volumes: [TaskVolume.scratch({ containerPath: '/var/cache/' })] }).task.Volumes).toEqual([{ Name: 'tmp' }, { Name: 'var-cache' }]);
    const onInstance = task(stack => ({
      ...instances(stack), launchType: ecs.LaunchType.EC2, volumes: [TaskVolume.fromHostPath('/var/run/docker.sock', { containerPath: '/var/run/docker.sock' })],
    }));
    expect(onInstance.task.Volumes[1]).toMatchObject({ Host: { SourcePath: '/var/run/docker.sock' } });
    expect(refusal(() => task({ volumes: [TaskVolume.fromHostPath('/data', { containerPath: '/data' })] })))
      .toContain('\'volumes\' must be other volumes on Fargate, got \'the folder /data of the instance\'');
  });

  test('paths that are taken or not absolute are refused', () => {
    const withPath = (containerPath: string) => refusal(() => task({ volumes: [TaskVolume.scratch({ containerPath })] }));
    expect(withPath('/tmp')).toContain('\'volumes\' must be a path that no other volume has, got \'/tmp\'');
    expect(withPath('/tmp/')).toContain('a path that no other volume has');
    expect(withPath('data')).toContain('\'volumes\' must be an absolute path below /, got \'data\'');
  });

  test('paths that read alike are volumes of their own', () => {
    const { handler, task: { Volumes } } = task({ volumes: ['/a/b', '/a-b'].map(containerPath => TaskVolume.scratch({ containerPath })) });
    expect(handler.MountPoints.map(({ ContainerPath }: { ContainerPath: string }) => ContainerPath)).toEqual(['/tmp', '/a/b', '/a-b']);
    expect(new Set(Volumes.map(({ Name }: { Name: string }) => Name)).size).toBe(3);
  });
});
