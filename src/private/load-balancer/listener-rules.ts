/** The rules of each listener: who has which route and which priority, so that nobody takes another's. */
import { createHash } from 'node:crypto';
import { Stack, Token } from 'aws-cdk-lib';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { Construct, IConstruct } from 'constructs';
import { problem } from '../errors';
import { ALL_PRIORITIES, PriorityRange, priorityOf } from './listener-priority';
import { collide, describeRoute, isNarrower, listenerConditions, Route } from './listener-route';
import { comparable } from './listener-routes';
import type { HttpCors } from '../../model/trigger-target';
import { stableKey } from '../stable-key';

/** A rule that is to be. */
export interface RuleOptions {
  /** What requests it takes. */
  readonly route: Route;
  /** What becomes of them. */
  readonly action: elbv2.ListenerAction;
  /** Its priority, when its user has said one. */
  readonly priority?: number;
  /** The numbers that it may have. */
  readonly range?: PriorityRange;
  /** Of a rule for preflights, what they are answered. */
  readonly preflightOf?: HttpCors;
}

interface Rule {
  readonly owner: string;
  readonly route: Route;
  readonly priority: number;
  readonly given: boolean;
  readonly cors?: string;
}

/** What AWS CDK gives for a listener that it has yet to look up: the same for each. */
const NOT_LOOKED_UP = '/my-load-balancer/50dc6c495c0c9188/f2f7dc8efc522ab2';

const MAX_DISTANCE = 1_000;

/** The rules of one listener, and what its responses say of sharing with other origins. */
export class ListenerRules {
  /** The rules of a listener, also when it is imported twice. */
  public static of(listener: elbv2.IApplicationListener): ListenerRules {
    const { root } = listener.node;
    const all = ListenerRules.known.get(root) ?? new Map<string, ListenerRules>();
    ListenerRules.known.set(root, all);
    const { listenerArn } = listener;
    const known = !Token.isUnresolved(listenerArn) && !listenerArn.endsWith(NOT_LOOKED_UP);
    const key = known ? listenerArn : listener.node.path;
    const rules = all.get(key) ?? new ListenerRules();
    all.set(key, rules);
    return rules;
  }

  private static readonly known = new WeakMap<IConstruct, Map<string, ListenerRules>>();

  private readonly rules: Rule[] = [];
  private readonly sharing: { owner: string; cors?: HttpCors; byListener: boolean }[] = [];

  private constructor() {}

  /** Adds a rule of a trigger. */
  public add(owner: IConstruct, listener: elbv2.IApplicationListener, options: RuleOptions): void {
    const { route, action, range = ALL_PRIORITIES, preflightOf } = options;
    const plain = comparable(owner, route);
    const priority = options.priority ?? priorityOf(plain, range);
    const rule: Rule = {
      owner: owner.node.path, route: plain, priority, given: options.priority !== undefined, cors: preflightOf && corsText(owner, preflightOf),
    };
    // Routes that differ in headers alone, which preflights do not have, share a preflight.
    if (rule.cors && this.rules.some(({ route: other, cors }) => cors === rule.cors && JSON.stringify(other) === JSON.stringify(plain))) { return; }
    this.check(owner, rule, range);
    this.rules.push(rule);
    const conditions = listenerConditions(route);
    new elbv2.ApplicationListenerRule(rulesScope(owner, listener), ruleId(rule), { listener, priority, conditions, action });
  }

  /** Notes what a trigger says of sharing. What the listener says, it says in all responses: then all must say the same. */
  public share(owner: IConstruct, cors: HttpCors | undefined, byListener: boolean): void {
    const text = (said?: HttpCors) => said ? corsText(owner, said) : 'none';
    const other = this.sharing.find(each => (each.byListener || byListener) && text(each.cors) !== text(cors));
    if (other) {
      throw problem(owner, 'CORS_CONFLICT', {
        property: 'cors', given: text(cors), accepted: `that of ${other.owner}, ${text(other.cors)}, for the listener adds the headers of Lambda functions to all its responses`,
      });
    }
    this.sharing.push({ owner: owner.node.path, cors, byListener });
  }

  private check(owner: IConstruct, rule: Rule, range: PriorityRange): void {
    const { route, priority, given } = rule;
    if (!Token.isUnresolved(priority) && (!Number.isInteger(priority) || priority < range.min || priority > range.max)) {
      throw problem(owner, 'SIZE_OUT_OF_RANGE', { property: 'priority', given: priority, accepted: `a whole number from ${range.min} to ${range.max}` });
    }
    for (const other of this.rules) {
      const bothComputed = !given && !other.given;
      if (bothComputed && collide(route, other.route)) {
        throw problem(owner, 'ROUTE_COLLISION', { property: 'path', given: describeRoute(route), accepted: `a route that ${other.owner} does not have` });
      }
      if (priority === other.priority) {
        throw problem(owner, 'ROUTE_PRIORITY', {
          property: 'priority', given: priority, accepted: `a number that ${other.owner} (${describeRoute(other.route)}) does not have`, mend: this.advice(rule, range),
        });
      }
      const [first, second] = priority < other.priority ? [rule, other] : [other, rule];
      if (bothComputed && isNarrower(second.route, first.route)) {
        throw problem(owner, 'ROUTE_ORDER', {
          property: 'priority', given: describeRoute(route), accepted: `one that says which comes first, ${describeRoute(first.route)} (${first.owner}, ${first.priority}) or ${describeRoute(second.route)} (${second.owner}, ${second.priority})`,
        });
      }
    }
  }

  /** A number near by that nobody has and that keeps the order. */
  private advice(rule: Rule, { min, max }: PriorityRange): string | undefined {
    const fits = (priority: number) => priority >= min && priority <= max && this.rules.every(other => priority !== other.priority
      && !(priority > other.priority ? isNarrower(rule.route, other.route) : isNarrower(other.route, rule.route)));
    for (let distance = 1; distance < MAX_DISTANCE; distance++) {
      const free = [rule.priority + distance, rule.priority - distance].find(fits);
      if (free !== undefined) { return `set priority of the newer one, e.g. to ${free}, which is free`; }
    }
    return undefined;
  }
}

function corsText(owner: IConstruct, { maxAge, ...cors }: HttpCors): string {
  return JSON.stringify(Stack.of(owner).resolve({ ...cors, maxAge: maxAge?.toSeconds() }));
}

/** By route and not by function: a route that moves to another function changes its rule, and does not meet its own old one. */
function rulesScope(owner: IConstruct, listener: elbv2.IApplicationListener): Construct {
  const stack = Stack.of(owner);
  const id = `CdkHybridRules${stableKey(owner, listener, listener.listenerArn)}`;
  return stack.node.tryFindChild(id) as Construct | undefined ?? new Construct(stack, id);
}

/** A rule with a priority of its user keeps its id while its route changes: two rules of one priority cannot be, not even for a moment. */
function ruleId({ given, priority, route }: Rule): string {
  return given && !Token.isUnresolved(priority) ? `Priority${priority}` : `Route${createHash('sha256').update(JSON.stringify(route)).digest('hex').slice(0, 12)}`;
}
