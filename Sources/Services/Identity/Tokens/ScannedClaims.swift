internal import Domain

/// The claims that are looked at, as they stand in a payload. Valid as long as its bytes are.
struct ScannedClaims {
  var subject: JSONText?
  var tenant: JSONText?
  var market: JSONText?
  var locale: JSONText?
  var namesAudience = false
  /// Seconds since 1970.
  var expiresAt: Int64?
  /// Seconds since 1970.
  var notBefore: Int64?
  var roles: RoleSet = []
  private var seen: UInt8 = 0

  /// Nil for JSON that is malformed, a claim of a wrong type, or one that is named twice: readers
  /// differ in which of two counts.
  init?(json: UnsafeRawBufferPointer) {
    var claims = ScannedClaims()
    var scanner = JSONScanner(json)
    guard scanner.object({ claims.take($1, from: &$0) }), scanner.isAtEnd() else { return nil }
    self = claims
  }

  private init() {}

  @inline(__always)
  private mutating func take(_ name: JSONText, from scanner: inout JSONScanner) -> Bool {
    if name.says("sub") { return first(0) && Self.text(&scanner, &subject) }
    if name.says("exp") { return first(1) && Self.seconds(&scanner, &expiresAt) }
    if name.says("aud") { return first(2) && audience(&scanner) }
    if name.says("nbf") { return first(3) && Self.seconds(&scanner, &notBefore) }
    if name.says("roles") { return first(4) && roles(&scanner) }
    if name.says("app_id") { return first(5) && Self.text(&scanner, &tenant) }
    if name.says("market") { return first(6) && Self.text(&scanner, &market) }
    if name.says("locale") { return first(7) && Self.text(&scanner, &locale) }
    return scanner.skipValue()
  }

  private mutating func first(_ claim: UInt8) -> Bool {
    defer { seen |= 1 << claim }
    return seen & 1 << claim == 0
  }

  private static func text(_ scanner: inout JSONScanner, _ value: inout JSONText?) -> Bool {
    value = scanner.string()
    return value != nil
  }

  private static func seconds(_ scanner: inout JSONScanner, _ value: inout Int64?) -> Bool {
    value = scanner.wholeNumber()
    return value != nil
  }

  /// One string or a list of them (RFC 7519, section 4.1.3).
  private mutating func audience(_ scanner: inout JSONScanner) -> Bool {
    strings(&scanner) { $0.namesAudience = $0.namesAudience || $1.says(TokenRules.audience) }
  }

  private mutating func roles(_ scanner: inout JSONScanner) -> Bool {
    strings(&scanner) { claims, text in
      // Nearly everyone is a plain user.
      if text.says("USER") { return claims.roles.formUnion(RoleSet(.user)) }
      let role = text.withBytes { Role(name: String(decoding: $0, as: UTF8.self)) }
      if let role { claims.roles.formUnion(RoleSet(role)) }
    }
  }

  @inline(__always)
  private mutating func strings(
    _ scanner: inout JSONScanner, _ each: (inout ScannedClaims, JSONText) -> Void
  ) -> Bool {
    func one(_ scanner: inout JSONScanner, _ claims: inout ScannedClaims) -> Bool {
      guard let text = scanner.string() else { return false }
      each(&claims, text)
      return true
    }
    if scanner.peek() == UInt8(ascii: "[") {
      return scanner.array { one(&$0, &self) }
    }
    return one(&scanner, &self)
  }
}
