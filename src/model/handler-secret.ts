import * as ecs from 'aws-cdk-lib/aws-ecs';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import type * as ssm from 'aws-cdk-lib/aws-ssm';

/** Which part and which version of a secret a handler gets. */
export interface SecretsManagerOptions {
  /**
   * The key of a secret that is a JSON object.
   *
   * @default - the whole secret
   */
  readonly field?: string;

  /**
   * The staging label of the version. Not together with `versionId`.
   *
   * @default - AWSCURRENT
   */
  readonly versionStage?: string;

  /**
   * The id of the version. Not together with `versionStage`.
   *
   * @default - the version with the staging label
   */
  readonly versionId?: string;
}

/**
 * A secret that a handler finds in its environment: ECS puts it there, on Lambda the bootstrap does, before the handler
 * is loaded. The value is in no template, image or log.
 */
export class HandlerSecret {
  /**
   * A secret of AWS Secrets Manager.
   *
   * @param secret the secret
   * @param options which part and version of it
   */
  public static fromSecretsManager(secret: secretsmanager.ISecret, options: SecretsManagerOptions = {}): HandlerSecret {
    const { field = '', versionStage = '', versionId = '' } = options;
    const arn = secret.secretFullArn ?? secret.secretArn;
    const isPart = field || versionStage || versionId;
    const version = versionStage || versionId ? { versionStage: options.versionStage, versionId: options.versionId } : undefined;
    return new HandlerSecret(
      isPart ? `${arn}:${field}:${versionStage}:${versionId}` : arn,
      () => version ? ecs.Secret.fromSecretsManagerVersion(secret, version, options.field) : ecs.Secret.fromSecretsManager(secret, options.field),
      grantee => secret.grantRead(grantee),
      options,
    );
  }

  /**
   * A parameter of AWS Systems Manager, encrypted (`SecureString`) or not.
   *
   * @param parameter the parameter
   */
  public static fromSsmParameter(parameter: ssm.IParameter): HandlerSecret {
    return new HandlerSecret(parameter.parameterArn, () => ecs.Secret.fromSsmParameter(parameter), grantee => parameter.grantRead(grantee));
  }

  private constructor(
    /** Where the value is, as in the `valueFrom` of an ECS task definition. */
    public readonly valueFrom: string,
    /** @internal */ public readonly _ecsSecret: () => ecs.Secret,
    private readonly grant: (grantee: iam.IGrantable) => iam.Grant,
    /** @internal */ public readonly _options: SecretsManagerOptions = {},
  ) {}

  /**
   * Lets somebody read the value, its key included.
   *
   * @param grantee who may read it
   */
  public grantRead(grantee: iam.IGrantable): iam.Grant {
    return this.grant(grantee);
  }
}
