/// Where a field's name and value lie in a request head.
///
/// Sixteen bits are enough: ``HTTPServer/Configuration/maximumHeadBytes`` cannot be larger.
struct HeaderField {
  var nameOffset: UInt16 = 0
  var nameLength: UInt16 = 0
  var valueOffset: UInt16 = 0
  var valueLength: UInt16 = 0
}

/// The fields of one head, with an index of the known ones. Owns its memory and is used again.
final class HeaderFields {
  /// Marks a known header that the head does not have.
  static let absent = UInt8.max

  let capacity: Int
  let fields: UnsafeMutablePointer<HeaderField>
  /// For each ``KnownHeader`` the position of its last field.
  let known: UnsafeMutablePointer<UInt8>
  @exclusivity(unchecked) var count = 0

  init(capacity: Int) {
    precondition(capacity < Int(Self.absent), "a head has fewer than 255 fields")
    self.capacity = capacity
    fields = .allocate(capacity: capacity)
    fields.initialize(repeating: HeaderField(), count: capacity)
    known = .allocate(capacity: KnownHeader.allCases.count)
    known.initialize(repeating: Self.absent, count: KnownHeader.allCases.count)
  }

  deinit {
    fields.deallocate()
    known.deallocate()
  }

  @inline(__always)
  func position(of header: KnownHeader) -> Int? {
    let position = known[Int(header.rawValue)]
    return position == Self.absent ? nil : Int(position)
  }
}
