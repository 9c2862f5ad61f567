internal import Domain

/// Data of an answer as text, made once and sent often, with the tag that names it.
public struct RenderedData: Sendable, Equatable {
  /// The members of the envelope in front of the request's id, such as `"data":{…}`.
  let members: [UInt8]
  /// A weak entity tag: of everything that the answer says of its subject. It is not of the bytes, since each
  /// answer has beside that the id of its own request.
  let tag: String

  init(data: JSONValue) {
    self.init(members: Array(#""data":"#.utf8) + data.json)
  }

  init(page elements: [JSONValue], nextCursor: String?) {
    var members = Array(#""data":"#.utf8) + JSONValue.array(elements).json
    members += Array(#","next_cursor":"#.utf8) + JSONValue(nextCursor).json
    self.init(members: members)
  }

  private init(members: [UInt8]) {
    self.members = members
    tag = #"W/"\#(Self.digest(members))""#
  }

  /// 64 bits of FNV-1a (Fowler, Noll and Vo) with the length, in hexadecimal: the same on every node, and
  /// two states of one subject do not share it but by a chance of one in 2⁶⁴.
  private static func digest(_ bytes: [UInt8]) -> String {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    return String(hash, radix: 16) + "-" + String(bytes.count, radix: 16)
  }

  /// Whether an `If-None-Match` field names the tag (RFC 9110, section 13.1.2: weakly compared).
  func matches(ifNoneMatch field: String) -> Bool {
    field.split(separator: ",").contains { entry in
      var entry = entry.drop { $0 == " " || $0 == "\t" }
      while let last = entry.last, last == " " || last == "\t" { entry.removeLast() }
      if entry == "*" { return true }
      if entry.hasPrefix("W/") { entry = entry.dropFirst(2) }
      return entry == tag.dropFirst(2)
    }
  }
}

/// What others may do with an answer.
public struct CachePolicy: Sendable, Equatable {
  /// The value of `Cache-Control`.
  let control: String
  /// What of a request the answer depends on, besides its target.
  var vary = "Accept-Language, Authorization"
}
