internal import EventLoop
internal import Foundation

/// Access tokens of many users, in one block of memory. User `index` of a run has token `index`.
struct TokenStore: Sendable {
  private var bytes: [UInt8] = []
  private var ends: [Int] = []

  init() {}

  /// Reads tokens from text, one a line; empty lines are passed over.
  init(text: [UInt8]) {
    bytes.reserveCapacity(text.count)
    for line in text.split(separator: UInt8(ascii: "\n")) where !line.isEmpty { append(line) }
  }

  /// Reads a file with one token a line, as `spillway token --count N` prints them.
  ///
  /// - Throws: `ScenarioError` when the file cannot be read.
  init(path: String) throws(ScenarioError) {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw ScenarioError("cannot read the tokens in \(path)")
    }
    self.init(text: [UInt8](data))
  }

  var count: Int { ends.count }

  mutating func append(_ token: some Collection<UInt8>) {
    bytes.append(contentsOf: token)
    ends.append(bytes.count)
  }

  /// Appends token `index` to `output`.
  @inline(__always)
  func write(_ index: Int, into output: ByteBuffer) {
    bytes.withUnsafeBytes {
      output.append(UnsafeRawBufferPointer(rebasing: $0[range(of: index)]))
    }
  }

  func token(_ index: Int) -> String {
    String(decoding: bytes[range(of: index)], as: UTF8.self)
  }

  private func range(of index: Int) -> Range<Int> {
    (index == 0 ? 0 : ends[index - 1])..<ends[index]
  }

  /// The user that token `index` names in its `sub` claim; nil when it is no JSON Web Token.
  func user(of index: Int) -> String? {
    struct Claims: Decodable { let sub: String }
    let parts = token(index).split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 3 else { return nil }
    var text = parts[1].replacing("-", with: "+").replacing("_", with: "/")
    text += String(repeating: "=", count: (4 - text.count % 4) % 4)
    guard let data = Data(base64Encoded: String(text)) else { return nil }
    return try? JSONDecoder().decode(Claims.self, from: data).sub
  }
}
