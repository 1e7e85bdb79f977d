// Checks a receipt in the browser: no other script, no request to anybody. What it believes is what shared/tlog/verify.py believes.
// Trees are those of RFC 9162; signed-note, tlog-checkpoint and tlog-proof those of c2sp.org (docs/receipts.md).
"use strict";

(() => {
  const HEADER = "c2sp.org/tlog-proof@v1";
  const RECEIPT_FORM = "caunoi.receipt.v1";
  const CONTENT_FORM = "caunoi.content.v1";
  const LODGED = "petitions.intake.petition.lodged.v1";
  const PARTS = ["details", "petitioner", "text"];
  const ED25519 = 1;
  const CHARACTERS_MAX = 1_000_000;
  const SCANNED_MAX = 20_000;
  const HASHES_MAX = 64;
  const DIGITS = { 1: 3, 2: 5, 3: 8, 4: 10, 5: 13, 6: 15, 7: 17 };
  const CHECK_BYTES = 8;
  const utf8 = new TextEncoder();

  // What each failure means, in Vietnamese and English, by its code.
  const WORDS = {
    not_a_receipt: ["Đây không phải tệp biên nhận của Cầu Nối.", "This is not a receipt of Cầu Nối."],
    bad_receipt: [
      "Đây là bằng chứng của sổ ghi, nhưng không phải biên nhận, hoặc đã bị sửa.",
      "This is a proof of the log, but not a receipt, or it was changed.",
    ],
    truncated: ["Tệp bị cắt: thiếu phần cuối. Hãy tải lại.", "The file is cut off: its end is missing. Fetch it again."],
    bad_scan: ["Mã QR đọc thiếu hoặc đọc nhầm: hãy quét lại.", "The QR code was read wrongly or in part: scan it again."],
    bad_proof: ["Tệp biên nhận bị hỏng hoặc bị sửa.", "The receipt is damaged or was changed."],
    bad_checkpoint: ["Phần trạng thái sổ trong tệp bị hỏng hoặc bị sửa.", "The checkpoint in it is damaged or was changed."],
    altered: [
      "Phần trạng thái sổ không phải phần đã phát cùng biên nhận: tệp đã bị sửa.",
      "The checkpoint is not the one that it was given out with: the file was changed.",
    ],
    inclusion: ["Bằng chứng không khớp: nội dung đã bị sửa sau khi phát.", "The proof does not fit: something in it was changed."],
    signature: [
      "Chữ ký của sổ không đúng: tệp đã bị sửa, hoặc không do hệ thống phát ra.",
      "The log's signature is not good: the file was changed, or others made it.",
    ],
    not_signed: [
      "Sổ ký bằng khoá khác với khoá bạn đưa: kiểm tra lại khoá, hoặc tệp không do hệ thống phát ra.",
      "Another key signed it than the one that you gave: check the key, or others made the file.",
    ],
    bad_vkey: [
      "Không đọc được khoá: cần một dòng có dạng tên+mã+base64.",
      "The key cannot be read: it is one line of the form name+id+base64.",
    ],
    other_event: [
      "Bằng chứng đúng, nhưng không phải của việc tiếp nhận đơn.",
      "The proof is good, but not of a petition that was lodged.",
    ],
    other_code: ["Mã ghi trong tệp không phải mã đã ghi sổ.", "The code in the file is not the one that was recorded."],
    wrong_petition: ["Biên nhận này của đơn khác.", "This receipt is another petition's."],
    other_content: [
      "Dấu của nội dung không phải dấu đã ghi sổ: tệp đã bị sửa.",
      "The digests of the content are not the recorded ones: the file was changed.",
    ],
    // Only browsers fail like this.
    no_crypto: [
      "Trình duyệt chỉ tính được chữ ký trên trang an toàn (https, localhost) hoặc tệp đã tải về máy. Chưa kiểm tra gì cả.",
      "This browser computes signatures on secure pages only (https, localhost) or in the saved file. Nothing was checked.",
    ],
    no_ed25519: [
      "Trình duyệt này chưa biết chữ ký Ed25519: hãy dùng bản mới hơn, hoặc lệnh caunoi proof verify. Chưa kiểm tra gì cả.",
      "This browser does not know Ed25519: use a newer one, or the command caunoi proof verify. Nothing was checked.",
    ],
    no_inflate: [
      "Trình duyệt này không giải nén được mã QR: hãy đưa tệp biên nhận. Chưa kiểm tra gì cả.",
      "This browser cannot unpack the QR code: give the receipt's file. Nothing was checked.",
    ],
  };

  class ProofError extends Error {
    constructor(code, detail) {
      super(detail || code);
      this.code = code;
    }
  }
  const fail = (code, detail) => {
    throw new ProofError(code, detail);
  };

  // Bytes.
  const join = (...pieces) => {
    const all = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
    let at = 0;
    for (const piece of pieces) {
      all.set(piece, at);
      at += piece.length;
    }
    return all;
  };
  const same = (one, other) => one.length === other.length && one.every((byte, at) => byte === other[at]);
  const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  const unhex = (text) => Uint8Array.from(text.match(/../g) || [], (pair) => parseInt(pair, 16));
  const base64 = (bytes) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
  const unbase64 = (text, code) => {
    let bytes;
    try {
      bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    } catch {
      fail(code, "no base64");
    }
    if (base64(bytes) !== text) fail(code, "not written as base64 is");
    return bytes;
  };
  const decoded = (bytes, code) => {
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch {
      return fail(code, "it is no text");
    }
  };
  const sha256 = async (...pieces) => new Uint8Array(await crypto.subtle.digest("SHA-256", join(...pieces)));
  const number = (text, code) => {
    if (!/^(0|[1-9][0-9]{0,18})$/.test(text)) fail(code, "no decimal number");
    return BigInt(text);
  };
  const canonical = (value) => {
    if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
    if (value === null || typeof value !== "object") return JSON.stringify(value);
    const names = Object.keys(value).sort();
    return `{${names.map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join(",")}}`;
  };
  const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
  const parsed = (text) => {
    try {
      return JSON.parse(text);
    } catch {
      return undefined;
    }
  };

  // The tree (RFC 9162, 2.1.3.2).
  const node = (left, right) => sha256(Uint8Array.of(1), left, right);
  const checkInclusion = async (index, size, leaf, hashes, root) => {
    if (index >= size) fail("inclusion", "the entry is not in the log");
    let place = index;
    let last = size - 1n;
    let found = leaf;
    for (const other of hashes) {
      if (last === 0n) fail("inclusion", "too many hashes");
      if (place & 1n || place === last) {
        found = await node(other, found);
        while (place && !(place & 1n)) {
          place >>= 1n;
          last >>= 1n;
        }
      } else {
        found = await node(found, other);
      }
      place >>= 1n;
      last >>= 1n;
    }
    if (last !== 0n) fail("inclusion", "too few hashes");
    if (!same(found, root)) fail("inclusion", "another root");
  };

  // Keys, notes and checkpoints.
  const isName = (name) => name !== "" && !/[+\s\u0000-\u001f]/u.test(name);
  const keyOf = async (written) => {
    const [name, id, ...rest] = written.trim().split("+");
    const blob = rest.length ? unbase64(rest.join("+"), "bad_vkey") : new Uint8Array();
    if (!isName(name) || !/^[0-9a-f]{8}$/.test(id || "")) fail("bad_vkey", "name+id+base64");
    if (blob[0] !== ED25519 || blob.length !== 33) fail("bad_vkey", "no Ed25519 key");
    const hashed = await sha256(utf8.encode(`${name}\n`), blob);
    if (hex(hashed.slice(0, 4)) !== id) fail("bad_vkey", "its id does not fit: it was copied wrongly");
    return { name, id, raw: blob.slice(1) };
  };
  const keysOf = async (written) => {
    const lines = written.split("\n").filter((line) => line.trim() !== "");
    if (!lines.length) fail("bad_vkey", "there is none");
    return Promise.all(lines.map(keyOf));
  };
  const noteOf = (text) => {
    if (text.length > CHARACTERS_MAX || /[\u0000-\u0009\u000b-\u001f]/.test(text)) fail("bad_checkpoint", "control characters");
    const cut = text.lastIndexOf("\n\n");
    const tail = text.slice(cut + 2);
    if (cut <= 0 || !tail.endsWith("\n") || tail === "\n") fail("bad_checkpoint", "no signed note");
    const signatures = tail.slice(0, -1).split("\n").map((line) => {
      const fits = /^\u2014 ([^ ]+) ([^ ]+)$/.exec(line);
      if (!fits || !isName(fits[1])) fail("bad_checkpoint", "no signature line");
      const raw = unbase64(fits[2], "bad_proof");
      if (raw.length <= 4) fail("bad_checkpoint", "too short");
      return { name: fits[1], id: hex(raw.slice(0, 4)), signature: raw.slice(4) };
    });
    return { text: text.slice(0, cut + 1), signatures };
  };
  const verified = async (key, text, signature) => {
    let imported;
    try {
      imported = await crypto.subtle.importKey("raw", key.raw, { name: "Ed25519" }, false, ["verify"]);
    } catch (error) {
      fail(error.name === "DataError" ? "bad_vkey" : "no_ed25519", error.message);
    }
    return signature.length === 64 && crypto.subtle.verify({ name: "Ed25519" }, imported, signature, utf8.encode(text));
  };
  const openCheckpoint = async (text, keys) => {
    const note = noteOf(text);
    let by = null;
    for (const line of note.signatures) {
      const key = keys.find((each) => each.name === line.name && each.id === line.id);
      if (!key) continue;
      if (!(await verified(key, note.text, line.signature))) fail("signature", "a signature is not good");
      by = key;
    }
    if (!by) fail("not_signed", "no signature is of this key");
    const lines = note.text.slice(0, -1).split("\n");
    if (lines.length < 3 || lines.some((line) => line === "")) fail("bad_checkpoint", "origin, size, root");
    const root = unbase64(lines[2], "bad_proof");
    if (root.length !== 32) fail("bad_checkpoint", "the root has 32 bytes");
    if (lines[0] !== by.name) fail("not_signed", "the checkpoint is of another log");
    return { origin: lines[0], size: number(lines[1], "bad_proof"), root, keyId: by.id };
  };

  // The file, and the digits of the QR code.
  const proofOf = (text) => {
    const cut = text.indexOf("\n\n");
    const lines = text.slice(0, cut).split("\n");
    if (cut < 0 || lines.shift() !== HEADER) fail("bad_proof", "no header");
    const extra = lines.length && lines[0].startsWith("extra ") ? unbase64(lines.shift().slice(6), "bad_proof") : new Uint8Array();
    if (!lines.length || !lines[0].startsWith("index ")) fail("bad_proof", "no index");
    const index = number(lines.shift().slice(6), "bad_proof");
    const hashes = lines.map((line) => unbase64(line, "bad_proof"));
    if (hashes.length > HASHES_MAX || hashes.some((each) => each.length !== 32)) fail("bad_proof", "hashes have 32 bytes");
    return { index, hashes, extra, checkpoint: text.slice(cut + 2) };
  };
  const bytesOf = (digits) => {
    const pieces = [];
    for (let at = 0; at < digits.length; at += DIGITS[7]) {
      const group = digits.slice(at, at + DIGITS[7]);
      const size = Number(Object.keys(DIGITS).find((each) => DIGITS[each] === group.length) || 0);
      let value = BigInt(group);
      if (value >= 1n << BigInt(8 * size)) fail("bad_scan", "a digit is missing or was misread");
      const piece = new Uint8Array(size);
      for (let place = size - 1; place >= 0; place -= 1) {
        piece[place] = Number(value & 255n);
        value >>= 8n;
      }
      pieces.push(piece);
    }
    return join(...pieces);
  };
  const inflated = async (bytes) => {
    let stream;
    try {
      stream = new DecompressionStream("deflate-raw");
    } catch {
      fail("no_inflate", "no DecompressionStream");
    }
    const pieces = [];
    let length = 0;
    try {
      const reader = new Blob([bytes]).stream().pipeThrough(stream).getReader();
      for (let read = await reader.read(); !read.done; read = await reader.read()) {
        length += read.value.length;
        if (length > CHARACTERS_MAX) fail("bad_scan", "too long");
        pieces.push(read.value);
      }
    } catch (error) {
      fail("bad_scan", error.message);
    }
    return join(...pieces);
  };
  const unpackReceipt = async (digits) => {
    const packed = bytesOf(digits);
    if (packed.length <= CHECK_BYTES) fail("bad_scan", "too short");
    const body = packed.slice(0, -CHECK_BYTES);
    const check = (await sha256(body)).slice(0, CHECK_BYTES);
    if (!same(check, packed.slice(-CHECK_BYTES))) fail("bad_scan", "a digit is missing or was misread");
    const fits = /^([^\n]*)\n([^\n]*)\n([^]*)$/.exec(decoded(await inflated(body), "bad_scan"));
    if (!fits) fail("bad_scan", "no three parts");
    return `${fits[1]}\nextra ${base64(utf8.encode(fits[2]))}\n${fits[3]}`;
  };
  const receiptText = async (said) => {
    let text = typeof said === "string" ? said : decoded(said, "not_a_receipt");
    if (text.length > CHARACTERS_MAX) fail("not_a_receipt", "too large");
    if (text.length <= SCANNED_MAX) {
      const scanned = /^(?:[^]*[#:])?\s*([0-9\s]{40,})$/.exec(text.trim());
      if (scanned) return unpackReceipt(scanned[1].replace(/\s/g, ""));
    }
    const returns = text.split("\r\n").length;
    if (returns > 1 && returns === text.split("\n").length) text = text.replaceAll("\r\n", "\n");
    if (!text.startsWith(`${HEADER}\n`)) fail("not_a_receipt", "no header");
    if (!text.includes("\n\n") || !text.endsWith("\n")) fail("truncated", "the end is missing");
    return text;
  };

  // Receipts.
  const partsOf = async (extra, data) => {
    if (!("content" in extra)) return {};
    const shown = extra.content;
    if (!isObject(shown) || Object.keys(shown).sort().join() !== PARTS.join()) fail("bad_receipt", "no three parts");
    const parts = {};
    let lines = `${CONTENT_FORM}\n`;
    for (const name of PARTS) {
      const part = shown[name];
      const isOpen = isObject(part) && "salt" in part;
      const saltName = isOpen ? "salt" : "salt_sha256";
      if (!isObject(part) || Object.keys(part).sort().join() !== `digest,${saltName}`) fail("bad_receipt", "no digest and salt");
      const saltForm = isOpen ? /^[0-9a-f]{32}$/ : /^[0-9a-f]{64}$/;
      const fits = typeof part.digest === "string" && typeof part[saltName] === "string";
      if (!fits || !/^[0-9a-f]{64}$/.test(part.digest) || !saltForm.test(part[saltName])) fail("bad_receipt", "no digest and salt");
      const salt = isOpen ? unhex(part.salt) : null;
      const saltDigest = isOpen ? hex(await sha256(salt)) : part.salt_sha256;
      lines += `${name} ${saltDigest} ${part.digest}\n`;
      parts[name] = { digest: unhex(part.digest), salt };
    }
    if (hex(await sha256(utf8.encode(lines))) !== data.content_commitment) fail("other_content", "other digests were recorded");
    return parts;
  };
  const MISREAD = { O: "0", I: "1", L: "1", S: "5", U: "V" };
  const plain = (code) => code.toUpperCase().replace(/[^0-9A-Z]/g, "").replace(/[OILSU]/g, (sign) => MISREAD[sign]);

  // Checks a receipt: bytes or text of its file, or what a telephone read. Throws an error with a `code`.
  const verifyReceipt = async (said, keyText, code) => {
    if (!globalThis.crypto || !crypto.subtle) fail("no_crypto", "no crypto.subtle");
    const text = await receiptText(said);
    const keys = await keysOf(keyText);
    const proof = proofOf(text);
    const extraText = decoded(proof.extra, "bad_receipt");
    const extra = parsed(extraText);
    const known = ["checkpoint", "code", "content", "form", "record", "salt"];
    if (!isObject(extra) || typeof extra.record !== "string" || !/^[0-9a-f]{32}$/.test(extra.salt)) {
      fail("bad_receipt", "no record and salt");
    }
    const checkpoint = await openCheckpoint(proof.checkpoint, keys);
    const entry = await sha256(unhex(extra.salt), utf8.encode(extra.record));
    const leaf = await sha256(Uint8Array.of(0), entry);
    await checkInclusion(proof.index, checkpoint.size, leaf, proof.hashes, checkpoint.root);
    const isKnown = Object.keys(extra).every((name) => known.includes(name)) && extra.form === RECEIPT_FORM;
    if (!isKnown || canonical(extra) !== extraText) fail("bad_receipt", "no receipt of this form");
    if (extra.checkpoint !== hex(await sha256(utf8.encode(proof.checkpoint)))) fail("altered", "another checkpoint");
    const event = parsed(extra.record);
    if (!isObject(event) || !isObject(event.data) || event.type !== LODGED) fail("other_event", "nothing was lodged");
    const data = event.data;
    if ("code" in extra && (typeof extra.code !== "string" || extra.code !== data.code)) fail("other_code", "another code");
    if (code && plain(code) !== plain(String(data.code))) fail("wrong_petition", "another petition");
    const parts = await partsOf(extra, data);
    return { event, data, code: extra.code || null, parts, index: proof.index, ...checkpoint };
  };

  // Returns the name of the part that some content is, null where of none.
  const formsOf = function* (content) {
    yield content;
    let text;
    try {
      text = new TextDecoder("utf-8", { fatal: true }).decode(content);
    } catch {
      return;
    }
    const unix = text.replaceAll("\r\n", "\n");
    for (const each of [text, unix, unix.replaceAll("\n", "\r\n")]) {
      for (const ended of [each, each.replace(/[\r\n]+$/, ""), each.trim()]) {
        for (const form of [ended.normalize("NFC"), ended.normalize("NFD"), ended]) yield utf8.encode(form);
      }
    }
    const value = parsed(text);
    if (value !== undefined) yield utf8.encode(canonical(value));
  };
  const holds = async (receipt, content) => {
    for (const [name, part] of Object.entries(receipt.parts)) {
      if (!part.salt) continue;
      for (const form of formsOf(content)) {
        if (same(await sha256(part.salt, form), part.digest)) return name;
      }
    }
    return null;
  };

  globalThis.caunoiProof = Object.freeze({ WORDS, ProofError, verifyReceipt, receiptText, holds });
})();
