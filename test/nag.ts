/** Runs the AwsSolutions rules of cdk-nag over an app, and says what they find. */
import { App, Aspects, CfnResource } from 'aws-cdk-lib';
import { AwsSolutionsChecks, INagLogger, NagLoggerComplianceData, NagLoggerErrorData, NagLoggerNonComplianceData } from 'cdk-nag';

/** One rule that one resource breaks. */
export interface Finding {
  readonly rule: string;
  readonly path: string;
}

class Findings implements INagLogger {
  public readonly found: Finding[] = [];
  public kept = 0;
  public onCompliance(_data: NagLoggerComplianceData): void { this.kept++; }
  public onNonCompliance({ ruleId, findingId, resource }: NagLoggerNonComplianceData): void { this.add(ruleId, findingId, resource); }
  public onError({ ruleId, errorMessage, resource }: NagLoggerErrorData): void { this.add(ruleId, `could not be checked: ${errorMessage}`, resource); }
  public onSuppressed(): void {}
  public onSuppressedError(): void {}
  public onNotApplicable(): void {}
  private add(rule: string, detail: string, resource: CfnResource): void {
    this.found.push({ rule: detail ? `${rule}[${detail}]` : rule, path: resource.node.path });
  }
}

/** What the rules find in the apps that `make` synthesizes. */
export function nagFindings(make: () => void): Finding[] {
  const findings = new Findings();
  const synth = App.prototype.synth;
  App.prototype.synth = function (this: App, ...args) {
    Aspects.of(this).add(new AwsSolutionsChecks({ reports: false, verbose: false, additionalLoggers: [findings] }));
    return synth.apply(this, args);
  };
  try {
    make();
  } finally {
    App.prototype.synth = synth;
  }
  if (findings.kept === 0) { throw new Error('no rule was checked'); }
  return findings.found;
}
