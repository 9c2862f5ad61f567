public import Domain
internal import Glibc

/// Decides whether a token speaks for a user of a tenant (RFC 7519, with the advice of RFC 8725).
///
/// Nothing of a token is read before its signature holds, save the header, which only chooses among
/// our keys. Works on raw bytes: a plain HS256 token costs two digests and one pass over its claims.
public struct TokenVerifier: Sendable {
  /// The keys that are trusted.
  public let ring: KeyRing
  /// The tenant on which ``Role/platformSuperAdmin`` counts.
  public let platformTenant: TenantID?

  /// Trusts the keys of `ring`.
  public init(ring: KeyRing, platformTenant: TenantID? = nil) {
    self.ring = ring
    self.platformTenant = platformTenant
  }

  /// Checks a token in compact form, without `Bearer`, for a request to `tenant`.
  public func verify(
    bytes token: UnsafeRawBufferPointer, tenant: TenantID, now: Instant
  ) -> Result<Principal, TokenRefusal> {
    if token.count > TokenRules.maximumCount { return .failure(.tooLong) }
    // A third dot would stand in the signature, where it is no character of base64url.
    guard let headerEnd = token.position(of: UInt8(ascii: ".")),
      let payloadEnd = token.position(of: UInt8(ascii: "."), from: headerEnd + 1)
    else { return .failure(.malformed) }
    let header = UnsafeRawBufferPointer(rebasing: token[..<headerEnd])
    let key: SigningKey
    switch chooseKey(header) {
    case .success(let chosen): key = chosen
    case .failure(let refusal): return .failure(refusal)
    }
    let signature = UnsafeRawBufferPointer(rebasing: token[(payloadEnd + 1)...])
    let signed = UnsafeRawBufferPointer(rebasing: token[..<payloadEnd])
    if let refusal = Self.check(signature, of: signed, by: key) { return .failure(refusal) }
    let payload = UnsafeRawBufferPointer(rebasing: token[(headerEnd + 1)..<payloadEnd])
    return decoded(payload) { json in
      guard let claims = ScannedClaims(json: json) else { return .failure(.malformed) }
      return accept(claims, tenant: tenant, now: now)
    } ?? .failure(.malformed)
  }

  private func chooseKey(_ header: UnsafeRawBufferPointer) -> Result<SigningKey, TokenRefusal> {
    for position in ring.headers.indices where ring.headers[position].count == header.count {
      let isEqual = ring.headers[position].withUnsafeBytes { known in
        memcmp(known.baseAddress!, header.baseAddress!, known.count) == 0
      }
      if isEqual { return .success(ring.keys[position]) }
    }
    return parseHeader(header)
  }

  /// For tokens of other issuers, which write the same things in another way.
  private func parseHeader(_ header: UnsafeRawBufferPointer) -> Result<SigningKey, TokenRefusal> {
    guard let parsed = decoded(header, TokenHeader.init(json:)) ?? nil else {
      return .failure(.malformed)
    }
    guard let position = ring.position(of: parsed.keyID) else { return .failure(.unknownKey) }
    let key = ring.keys[position]
    guard parsed.algorithm.elementsEqual(key.algorithm.rawValue.utf8) else {
      return .failure(.wrongAlgorithm)
    }
    return .success(key)
  }

  private static func check(
    _ signature: UnsafeRawBufferPointer, of signed: UnsafeRawBufferPointer, by key: SigningKey
  ) -> TokenRefusal? {
    let count = key.algorithm.signatureCount
    guard signature.count == Base64URL.encodedCount(count) else { return .badSignature }
    return withUnsafeTemporaryAllocation(byteCount: count, alignment: 16) { raw in
      guard let written = Base64URL.decode(signature, into: raw.baseAddress!) else {
        return .malformed
      }
      return key.verify(UnsafeRawBufferPointer(rebasing: raw[..<written]), of: signed)
        ? nil : .badSignature
    }
  }

  private func accept(
    _ claims: borrowing ScannedClaims, tenant: TenantID, now: Instant
  ) -> Result<Principal, TokenRefusal> {
    guard let expiry = claims.expiresAt else { return .failure(.malformed) }
    let expiresAt = Instant(seconds: expiry)
    if now >= TokenRules.end(expiresAt) { return .failure(.expired) }
    if let notBefore = claims.notBefore,
      now.milliseconds + TokenRules.leewayMilliseconds < notBefore * 1000
    {
      return .failure(.notYetValid)
    }
    guard claims.namesAudience else { return .failure(.wrongAudience) }
    guard claims.tenant?.withBytes({ $0.spells(tenant.description) }) == true else {
      return .failure(.wrongTenant)
    }
    guard let user = claims.subject?.withBytes(UserID.init(bytes:)) else {
      return .failure(.badSubject)
    }
    let market = claims.market?.withBytes { String(decoding: $0, as: UTF8.self) }
    return .success(
      Principal(
        user: user, tenant: tenant, roles: claims.roles, isPlatform: tenant == platformTenant,
        market: market, language: Self.language(claims.locale), expiresAt: expiresAt))
  }

  /// Ours that a language tag begins with; nil for another one.
  private static func language(_ locale: JSONText?) -> Language? {
    let tag = locale?.withBytes { String(decoding: $0, as: UTF8.self) }
    let primary = tag?.prefix { $0 != "-" && $0 != "_" }.lowercased()
    return primary.flatMap { Language(rawValue: $0) }
  }
}

/// Calls `body` with what `text` stands for; nil if it is not canonical base64url.
private func decoded<Result>(
  _ text: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Result
) -> Result? {
  // One byte more than needed, so that an empty text has room too.
  withUnsafeTemporaryAllocation(
    byteCount: Base64URL.decodedCount(text.count) + 1, alignment: 16
  ) { buffer in
    guard let count = Base64URL.decode(text, into: buffer.baseAddress!) else { return nil }
    return body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
  }
}

extension UnsafeRawBufferPointer {
  /// Whether the bytes are the UTF-8 of `text`.
  fileprivate func spells(_ text: String) -> Bool {
    var text = text
    return text.withUTF8 { text in
      text.count == count && (count == 0 || memcmp(text.baseAddress!, baseAddress!, count) == 0)
    }
  }

  /// The position of the first `byte` at or behind `start`.
  fileprivate func position(of byte: UInt8, from start: Int = 0) -> Int? {
    guard start < count, let base = baseAddress,
      let found = memchr(base + start, Int32(byte), count - start)
    else { return nil }
    return UnsafeRawPointer(found) - base
  }
}
