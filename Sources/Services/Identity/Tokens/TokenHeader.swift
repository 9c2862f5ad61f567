/// The first part of a token: which key, which algorithm.
struct TokenHeader {
  var algorithm: [UInt8]
  var keyID: [UInt8]

  /// Parses a header; nil if it is malformed, has extensions that must be understood (`crit`), or is
  /// of another type than a JWT.
  init?(json: UnsafeRawBufferPointer) {
    var algorithm: [UInt8]?
    var keyID: [UInt8]?
    var hasType = false
    var scanner = JSONScanner(json)
    let isObject = scanner.object { scanner, name in
      if name.says("alg") { return Self.take(&scanner, &algorithm) }
      if name.says("kid") { return Self.take(&scanner, &keyID) }
      if name.says("crit") { return false }
      if name.says("typ") {
        guard !hasType, let type = scanner.string() else { return false }
        hasType = true
        return Self.isTokenType(type)
      }
      return scanner.skipValue()
    }
    guard isObject, scanner.isAtEnd(), let algorithm else { return nil }
    self.algorithm = algorithm
    self.keyID = keyID ?? []
  }

  private static func take(_ scanner: inout JSONScanner, _ value: inout [UInt8]?) -> Bool {
    guard value == nil, let bytes = scanner.string()?.unescaped() else { return false }
    value = bytes
    return true
  }

  /// `JWT`, or `at+jwt` (RFC 9068) with or without its prefix, in any case.
  private static func isTokenType(_ text: JSONText) -> Bool {
    guard let bytes = text.unescaped() else { return false }
    let type = String(decoding: bytes, as: UTF8.self).lowercased()
    return ["jwt", "at+jwt", "application/at+jwt"].contains(type)
  }

  /// The header that our own tokens of `key` carry, as base64url.
  static func segment(of key: SigningKey) -> [UInt8] {
    // A name of a key needs no escapes.
    let json = #"{"alg":"\#(key.algorithm.rawValue)","typ":"JWT","kid":"\#(key.id)"}"#
    return Array(Base64URL.encode(json.utf8).utf8)
  }
}
