internal import Foundation

/// One key as JSON (RFC 7517; RFC 7518, section 6; RFC 8037, section 2).
struct JSONWebKey: Codable {
  var kty: String
  var kid: String?
  var use: String?
  var alg: String?
  var crv: String?
  var k: String?
  var x: String?
  var y: String?
  var d: String?

  /// The algorithm that the key is for; nil if it is none of ours.
  var algorithm: SigningAlgorithm? {
    let algorithm: SigningAlgorithm
    switch (kty, crv) {
    case ("oct", _): algorithm = .hs256
    case ("OKP", "Ed25519"): algorithm = .edDSA
    case ("EC", "P-256"): algorithm = .es256
    default: return nil
    }
    guard use == nil || use == "sig", alg == nil || alg == algorithm.rawValue else { return nil }
    return algorithm
  }
}

extension SigningKey {
  /// The key that `document` describes; nil if its type or use is none of ours, which RFC 7517,
  /// section 5, says to pass over.
  convenience init?(_ document: JSONWebKey) throws(KeyError) {
    guard let algorithm = document.algorithm else { return nil }
    let id = document.kid ?? ""
    let material: Material?
    switch algorithm {
    case .hs256:
      try self.init(id: id, secret: Self.bytes(document.k, "k", id))
      return
    case .edDSA:
      let secret: [UInt8]? = document.d == nil ? nil : try Self.bytes(document.d, "d", id)
      material = EVPKey.ed25519(
        publicKey: try Self.bytes(document.x, "x", id), privateKey: secret
      ).map(Material.ed25519)
    case .es256:
      let secret: [UInt8]? = document.d == nil ? nil : try Self.bytes(document.d, "d", id)
      material = EVPKey.p256(
        x: try Self.bytes(document.x, "x", id), y: try Self.bytes(document.y, "y", id),
        privateKey: secret
      ).map(Material.p256)
    }
    guard let material else {
      throw .key(id: id, reason: "its values do not make a key of \(algorithm.rawValue)")
    }
    try self.init(id: id, material: material)
  }

  private static func bytes(
    _ text: String?, _ name: String, _ id: String
  ) throws(KeyError) -> [UInt8] {
    guard let text else { throw .key(id: id, reason: "\"\(name)\" is missing") }
    guard let bytes = Base64URL.decode(text) else {
      throw .key(id: id, reason: "\"\(name)\" is not base64url")
    }
    return bytes
  }
}
