/** The table of cases, each by an HTTP request. */
import { conforms } from './host-cases';
import { httpHandlerOf, invokeHttp, serves } from './host-serving';

conforms({
  source: 'http',
  handlerOf: httpHandlerOf,
  run: async (host, event) => (await invokeHttp(host, event)).outcome,
});
serves({ source: 'http', handlerOf: httpHandlerOf, invoke: invokeHttp });
