/** What the benchmark takes of the HTTP source, bundled as it is in the layer. */
export { HttpSource } from '../../layers/runtime/sources/http/http-source';
export { readHttpSettings } from '../../layers/runtime/sources/http/settings';
