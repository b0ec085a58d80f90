/**
 * Defines the events of Cognito user pools. Sources: "Customizing user pool workflows with Lambda triggers" in the Amazon Cognito Developer Guide for what all
 * have, and for each of them its own page there ("Pre sign-up Lambda trigger", ...); that the answer is null until the handler has filled it in: the examples of the
 * schemas for Cognito in Powertools for AWS Lambda (TypeScript), API reference.
 */
import type { BaseTriggerEvent } from 'aws-lambda/trigger/cognito-user-pool-trigger/_common';
import { regionIn } from './message-events';
import type { Stack } from '../assembly';
import type { FoundTrigger } from '../triggers';

interface Operation {
  readonly source: string;
  readonly request: object;
  readonly response: object;
  readonly version?: string;
}

const attributes = { sub: '7f6ba0d1-0000-4000-8000-000000000000', email_verified: 'true', email: 'user@example.com' };
const withAttributes = { userAttributes: { ...attributes, 'cognito:user_status': 'CONFIRMED' } };
const groups = { groupsToOverride: ['group-A'], iamRolesToOverride: [], preferredRole: null };
const passed = (challengeName: string): object => ({ challengeName, challengeResult: true });

/** By their names in `LambdaConfig`. */
const OPERATIONS: Readonly<Record<string, Operation>> = {
  PreSignUp: {
    source: 'PreSignUp_SignUp',
    request: { userAttributes: { email: attributes.email }, validationData: null },
    response: { autoConfirmUser: false, autoVerifyEmail: false, autoVerifyPhone: false },
  },
  PostConfirmation: { source: 'PostConfirmation_ConfirmSignUp', request: withAttributes, response: {} },
  PreAuthentication: { source: 'PreAuthentication_Authentication', request: { ...withAttributes, validationData: {}, userNotFound: false }, response: {} },
  PostAuthentication: { source: 'PostAuthentication_Authentication', request: { ...withAttributes, newDeviceUsed: false }, response: {} },
  CustomMessage: {
    source: 'CustomMessage_SignUp',
    request: { ...withAttributes, codeParameter: '{####}', linkParameter: '{##Click Here##}', usernameParameter: null },
    response: { smsMessage: null, emailMessage: null, emailSubject: null },
  },
  DefineAuthChallenge: {
    source: 'DefineAuthChallenge_Authentication',
    request: { ...withAttributes, session: [passed('SRP_A')], userNotFound: false },
    response: { challengeName: null, failAuthentication: null, issueTokens: null },
  },
  CreateAuthChallenge: {
    source: 'CreateAuthChallenge_Authentication',
    request: {
      ...withAttributes, challengeName: 'CUSTOM_CHALLENGE', session: [passed('SRP_A'), passed('PASSWORD_VERIFIER')], userNotFound: false,
    },
    response: { publicChallengeParameters: null, privateChallengeParameters: null, challengeMetadata: null },
  },
  VerifyAuthChallengeResponse: {
    source: 'VerifyAuthChallengeResponse_Authentication',
    request: { ...withAttributes, privateChallengeParameters: { answer: '123456' }, challengeAnswer: '123456', userNotFound: false },
    response: { answerCorrect: null },
  },
  PreTokenGeneration: {
    source: 'TokenGeneration_Authentication',
    request: { ...withAttributes, groupConfiguration: groups },
    response: { claimsOverrideDetails: null },
  },
  UserMigration: {
    source: 'UserMigration_Authentication',
    request: { password: 'the password that the user has typed', validationData: {} },
    response: {
      userAttributes: null, finalUserStatus: null, messageAction: null, desiredDeliveryMediums: null, forceAliasCreation: null, enableSMSMFA: null,
    },
  },
  InboundFederation: {
    source: 'InboundFederation_ExternalProvider',
    request: {
      providerName: 'ExampleProvider',
      providerType: 'OIDC',
      attributes: {
        tokenResponse: { access_token: 'a token', token_type: 'Bearer', expires_in: '3600' },
        idToken: { sub: 'user123', email: attributes.email },
        userInfo: { email: attributes.email, given_name: 'Example' },
      },
    },
    response: { userAttributesToMap: null },
  },
  CustomEmailSender: {
    source: 'CustomEmailSender_SignUp',
    request: { type: 'customEmailSenderRequestV1', code: 'the encrypted code', userAttributes: attributes },
    response: {},
  },
  CustomSMSSender: {
    source: 'CustomSMSSender_SignUp',
    request: { type: 'customSMSSenderRequestV1', code: 'the encrypted code', userAttributes: attributes },
    response: {},
  },
};

export function userPoolEvent({ origin, details }: FoundTrigger, stack: Stack): unknown {
  const { operation, version } = details as { operation: string; version?: string };
  const versioned = operation === 'PreTokenGenerationConfig';
  const { source, request, response } = OPERATIONS[versioned ? 'PreTokenGeneration' : operation] ?? { source: operation, request: withAttributes, response: {} };
  const later = versioned && version !== undefined && version !== 'V1_0';
  const event: BaseTriggerEvent<string> = {
    version: later ? version.replace(/^V(\d+)_.*$/, '$1') : '1',
    region: regionIn(stack),
    userPoolId: `${regionIn(stack)}_${origin!.logicalId.slice(-9)}`,
    userName: 'example-user',
    callerContext: { awsSdkVersion: 'aws-sdk-unknown-unknown', clientId: '1example23456789' },
    triggerSource: source,
    request: later ? { ...request, scopes: ['openid'] } : request,
    response: later ? { claimsAndScopeOverrideDetails: null } : response,
  };
  return event;
}
