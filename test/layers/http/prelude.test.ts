import { PreludeReader } from '../../../layers/runtime/sources/http/prelude';

const NULS = '\0'.repeat(8);

function read(...pieces: (string | Buffer)[]): { prelude: unknown; body: string } {
  const reader = new PreludeReader();
  for (const [index, piece] of pieces.entries()) {
    const rest = reader.push(Buffer.from(piece));
    if (rest === undefined) continue;
    const later = pieces.slice(index + 1).map((one) => Buffer.from(one));
    return { prelude: reader.parse(), body: Buffer.concat([rest, ...later]).toString() };
  }
  throw new Error('the prelude is not complete');
}

test('is complete in one piece', () => {
  expect(read(`{"statusCode":201}${NULS}body`)).toEqual({ prelude: { statusCode: 201 }, body: 'body' });
});

test('may be cut at any byte', () => {
  const bytes = Buffer.from(`{"headers":{"a":"ü"}}${NULS}\0body`);
  for (let cut = 0; cut <= bytes.length - 5; cut++) {
    expect(read(bytes.subarray(0, cut), bytes.subarray(cut))).toEqual({ prelude: { headers: { a: 'ü' } }, body: '\0body' });
  }
  expect(read(...[...bytes].map((byte) => Buffer.from([byte])))).toEqual({ prelude: { headers: { a: 'ü' } }, body: '\0body' });
});

test('does not end at fewer NUL bytes', () => {
  expect(() => read('{}' + '\0'.repeat(7) + 'x')).toThrow('not complete');
});

test('keeps no memory of the writer', () => {
  const reader = new PreludeReader();
  const piece = Buffer.from('{"a":');
  reader.push(piece);
  piece.fill(0);
  reader.push(Buffer.from(`1}${NULS}`));
  expect(reader.parse()).toEqual({ a: 1 });
});

test.each(['', 'nonsense', '[]', 'null', '"text"', '{"a":'])('that is %j is refused', (text) => {
  expect(() => read(text + NULS)).toThrow();
});

test('that never ends is refused', () => {
  const reader = new PreludeReader();
  const piece = Buffer.alloc(64 * 1024, 'x');
  expect(() => { for (let index = 0; index < 5; index++) reader.push(piece); }).toThrow('longer than 262144 bytes');
});
