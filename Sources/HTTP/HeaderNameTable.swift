/// Finds the ``KnownHeader`` of a field name: by its length, then by comparing lower-cased words.
///
/// Setting bit 5 of every byte lowers letters and leaves digits and hyphens alone. Other token
/// characters may collide, but never with a letter, digit or hyphen that a known name is made of.
final class HeaderNameTable {
  private struct Entry {
    var name: (UInt64, UInt64, UInt64) = (0, 0, 0)
    var header: UInt8 = 0
    var isSingle = false
  }

  /// No known header has a longer name.
  private static let longestName = 23
  private static let slotsPerLength = 4
  private static let lowerCase: UInt64 = 0x2020_2020_2020_2020

  /// `slotsPerLength` entries for each length.
  private let entries: UnsafeMutablePointer<Entry>
  private let counts: UnsafeMutablePointer<UInt8>

  init() {
    let size = (Self.longestName + 1) * Self.slotsPerLength
    entries = .allocate(capacity: size)
    entries.initialize(repeating: Entry(), count: size)
    counts = .allocate(capacity: Self.longestName + 1)
    counts.initialize(repeating: 0, count: Self.longestName + 1)
    for header in KnownHeader.allCases {
      let name = Array(header.name.utf8)
      let slot = Int(counts[name.count])
      precondition(slot < Self.slotsPerLength, "too many known headers of one length")
      name.withUnsafeBytes { bytes in
        entries[name.count * Self.slotsPerLength + slot] = Entry(
          name: Self.words(bytes.baseAddress!, name.count), header: header.rawValue,
          isSingle: header.isSingle)
      }
      counts[name.count] += 1
    }
  }

  deinit {
    entries.deallocate()
    counts.deallocate()
  }

  /// The known header called `name`, with whether it may stand only once.
  @inline(__always)
  func find(_ name: UnsafeRawPointer, _ length: Int) -> (header: Int, isSingle: Bool)? {
    guard length <= Self.longestName else { return nil }
    let count = Int(counts[length])
    if count == 0 { return nil }
    let words = Self.words(name, length)
    let first = entries + length * Self.slotsPerLength
    for slot in 0..<count where first[slot].name == words {
      return (Int(first[slot].header), first[slot].isSingle)
    }
    return nil
  }

  /// Up to 23 bytes, lower-cased, in three words; the words may overlap.
  @inline(__always)
  private static func words(
    _ name: UnsafeRawPointer, _ length: Int
  ) -> (UInt64, UInt64, UInt64) {
    if length >= 8 {
      let first = name.loadUnaligned(as: UInt64.self) | lowerCase
      let last = name.loadUnaligned(fromByteOffset: length - 8, as: UInt64.self) | lowerCase
      let middle =
        length > 16 ? name.loadUnaligned(fromByteOffset: 8, as: UInt64.self) | lowerCase : 0
      return (first, middle, last)
    }
    var word: UInt64 = 0
    for index in 0..<length {
      word = word << 8 | UInt64(name.load(fromByteOffset: index, as: UInt8.self) | 0x20)
    }
    return (word, 0, 0)
  }
}
