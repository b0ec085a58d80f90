/** The table of cases, each by an HTTP request. */
import { conforms } from './host-cases';
import { httpHandlerOf, invokeHttp, serves } from './host-serving';

conforms({
  source: 'http',
  handlerOf: httpHandlerOf,
  unseen: (_each, behaviour, invoker) => (
    behaviour === 'too large a result' && invoker === 'shared' ? 'the thread that has the result has the connection, too: nothing in between has a limit' : undefined
  ),
  run: async (host, event) => (await invokeHttp(host, event)).outcome,
});
serves({ source: 'http', handlerOf: httpHandlerOf, invoke: invokeHttp });
