internal import Foundation

/// The keys that tokens are accepted from. A value: rotation makes another ring.
///
/// To rotate, a new key is put first and the old one stays behind it until the last token that it
/// signed has expired.
public struct KeyRing: Sendable {
  /// The keys in the order of the document; their `kid`s differ.
  public let keys: [SigningKey]
  /// The header segment that ``TokenSigner`` writes for each key: compared before any is parsed.
  let headers: [[UInt8]]

  /// Most keys in one ring.
  public static let maximumCount = 32

  /// Refuses no keys, too many, or two of one name.
  public init(_ keys: [SigningKey]) throws(KeyError) {
    guard !keys.isEmpty else { throw .document(reason: "there is no usable key") }
    guard keys.count <= Self.maximumCount else {
      throw .document(reason: "there are more than \(Self.maximumCount) keys")
    }
    var seen: Set<String> = []
    for key in keys where !seen.insert(key.id).inserted {
      throw .key(id: key.id, reason: "two keys have this name")
    }
    self.keys = keys
    headers = keys.map(TokenHeader.segment)
  }

  /// Reads a JSON Web Key Set (RFC 7517), or a single key. Keys of other types and uses are passed
  /// over; an invalid key of ours is an error.
  public init(json: [UInt8]) throws(KeyError) {
    struct Document: Decodable { var keys: [JSONWebKey] }
    let data = Data(json)
    let decoder = JSONDecoder()
    var documents = (try? decoder.decode(Document.self, from: data))?.keys
    documents = documents ?? (try? decoder.decode(JSONWebKey.self, from: data)).map { [$0] }
    guard let documents else { throw .document(reason: "not a JSON Web Key Set") }
    var keys: [SigningKey] = []
    for document in documents {
      if let key = try SigningKey(document) { keys.append(key) }
    }
    try self.init(keys)
  }

  /// Reads a file as ``init(json:)`` does. One that holds a secret (`k` or `d`) must not be readable
  /// by every user of the machine; its group may read it, as mounted secrets have it.
  public static func load(path: String) throws(KeyError) -> KeyRing {
    let contents = try KeyFile.read(path: path, mustBePrivate: false)
    let ring: KeyRing
    do {
      ring = try KeyRing(json: contents.bytes)
    } catch {
      throw .file(path: path, reason: "\(error)")
    }
    if contents.isReadableByAll, let key = ring.signing {
      throw .file(
        path: path,
        reason: "all users may read the secret of key \"\(key.id)\"; its mode must be 0640 or less")
    }
    return ring
  }

  /// The key that new tokens are signed with: the first that can.
  public var signing: SigningKey? { keys.first(where: \.canSign) }

  /// The position of the key of that name.
  func position(of id: [UInt8]) -> Int? {
    keys.firstIndex { $0.id.utf8.elementsEqual(id) }
  }
}
