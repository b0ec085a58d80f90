/** Refuses pairs that the tables of model/support.ts do not allow. Computes and triggers of a user's own are let through. */
import type { IConstruct } from 'constructs';
import { problem } from './errors';
import { SupportRow, TRIGGER_SUPPORT } from '../model/support';

/** A compute of a user's own that does not offer what the trigger needs. */
export function unsupported(scope: IConstruct, triggerName: string, computeName: string, mend: string): Error {
  return problem(scope, 'TRIGGER_UNSUPPORTED', {
    property: 'addTrigger', given: `Trigger.${triggerName}() on ${computeName}`, accepted: 'a trigger that the compute can have', mend,
  });
}

/** Refuses a trigger that the compute cannot have, with the reason. */
export function checkTrigger(scope: IConstruct, triggerName: string, computeName: string): void {
  const row: Partial<SupportRow> | undefined = (TRIGGER_SUPPORT as { [trigger: string]: SupportRow })[triggerName];
  const support = row?.[computeName as keyof SupportRow];
  if (typeof support === 'string') {
    throw problem(scope, 'TRIGGER_UNSUPPORTED', {
      property: 'addTrigger', given: `Trigger.${triggerName}() on Compute.${computeName}()`, accepted: 'a trigger that the compute can have', mend: support,
    });
  }
}

/** Refuses the first option that is given of those that a trigger does not have here. */
export function refuseOption(
  scope: IConstruct, options: { readonly [name: string]: unknown }, where: string, mend: (property: string) => string,
): void {
  const property = Object.keys(options).find(name => options[name] !== undefined);
  if (property) { throw problem(scope, 'TRIGGER_OPTION', { property, given: 'given', accepted: `left out ${where}`, mend: mend(property) }); }
}
