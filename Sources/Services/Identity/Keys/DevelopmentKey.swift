internal import Foundation
internal import Glibc

/// The HS256 key that an embedded instance keeps in its data folder, so that tokens for development
/// and load tests can be made beside it. Never meant for production.
public enum DevelopmentKey {
  /// The name of the file in the data folder: one JSON Web Key, readable by its owner only.
  public static let fileName = "development-key.json"

  /// The folder's key; made if there is none. Several processes may ask at once: all get one key.
  public static func loadOrCreate(in folder: String) throws(KeyError) -> SigningKey {
    let path = path(in: folder)
    if access(path, F_OK) != 0 { _ = try KeyFile.create(path: path, bytes: try document()) }
    return try load(in: folder)
  }

  /// The folder's key, which must be there.
  public static func load(in folder: String) throws(KeyError) -> SigningKey {
    let path = path(in: folder)
    let bytes = try KeyFile.read(path: path, mustBePrivate: true).bytes
    guard let key = try? KeyRing(json: bytes).signing else {
      throw .file(path: path, reason: "holds no key to sign with")
    }
    return key
  }

  private static func path(in folder: String) -> String {
    folder.hasSuffix("/") ? folder + fileName : "\(folder)/\(fileName)"
  }

  private static func document() throws(KeyError) -> [UInt8] {
    let name = SecureRandom.bytes(4).map { String(format: "%02x", $0) }.joined()
    let key = JSONWebKey(
      kty: "oct", kid: "development-\(name)", use: "sig", alg: SigningAlgorithm.hs256.rawValue,
      k: Base64URL.encode(SecureRandom.bytes(SigningKey.minimumSecretCount)))
    guard let data = try? JSONEncoder().encode(key) else {
      throw .document(reason: "the development key cannot be written")
    }
    return Array(data) + [UInt8(ascii: "\n")]
  }
}
