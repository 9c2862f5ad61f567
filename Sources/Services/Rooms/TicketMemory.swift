internal import Domain
internal import Glibc

/// Remembers tickets that were verified, and when their holders were last told to Redis. Confined to
/// one loop.
///
/// A set-associative table of fixed size: a ticket's hash names a set of places, and its whole text is
/// compared. A full set gives up the place that was used longest ago. Only valid tickets are remembered,
/// so nobody without one can fill the table.
final class TicketMemory {
  /// Tickets that are remembered at most, each in 224 bytes: 117 MB a loop, of which pages are taken as
  /// they are written. What is pushed out is asked of Redis with its next poll, so that polls of a crowd
  /// cost Redis nothing only while hardly any is: of 200,000, in sets of 16, fewer than one in 10,000.
  static let capacity = 524_288
  private static let ways = 16
  /// Room for the text of a ticket.
  private static let stride = 128

  /// What was last learnt of a ticket.
  enum Knowledge: UInt8 {
    case waiting
    case admitted
    case over
  }

  struct Place {
    var ticket = RoomTicket(
      room: Identifier(high: 0, low: 0), generation: 0, number: 0,
      visitor: VisitorID(high: 0, low: 0), issuedAt: 0)
    /// Milliseconds of the loop's clock.
    var usedAt: UInt64 = 0
    /// When its holder was last told to Redis; 0 for never.
    var toldAt: UInt64 = 0
    var knowledge = Knowledge.waiting
    /// The end of the admission, by Redis' clock.
    var until: Int64 = 0
  }

  static let bytesPerTicket = MemoryLayout<UInt64>.stride + MemoryLayout<Place>.stride + stride

  /// One a place, 0 where it is free; apart, so that a set's lie side by side.
  private let hashes: UnsafeMutablePointer<UInt64>
  private let places: UnsafeMutablePointer<Place>
  private let texts: UnsafeMutableRawPointer
  private let mask: Int
  private let seed = UInt64.random(in: 0 ... .max)

  init(capacity: Int = TicketMemory.capacity) {
    var sets = 1
    while sets * Self.ways < capacity { sets *= 2 }
    mask = sets - 1
    let count = sets * Self.ways
    // Zeroed pages take no memory before they are written.
    hashes = calloc(count, MemoryLayout<UInt64>.stride)!.bindMemory(
      to: UInt64.self, capacity: count)
    places = calloc(count, MemoryLayout<Place>.stride)!.bindMemory(to: Place.self, capacity: count)
    texts = calloc(count, Self.stride)!
  }

  deinit {
    free(hashes)
    free(places)
    free(texts)
  }

  subscript(index: Int) -> UnsafeMutablePointer<Place> { places + index }

  /// The place of a ticket's text, if it is remembered.
  @inline(__always)
  func find(_ text: UnsafeRawBufferPointer, _ hash: UInt64) -> Int? {
    let first = (Int(truncatingIfNeeded: hash) & mask) * Self.ways
    for index in first..<first + Self.ways where hashes[index] == hash {
      if memcmp(texts + index * Self.stride, text.baseAddress!, RoomTokens.textCount) == 0 {
        return index
      }
    }
    return nil
  }

  /// Remembers a verified ticket.
  func insert(
    _ ticket: RoomTicket, _ text: UnsafeRawBufferPointer, _ hash: UInt64, now: UInt64
  ) -> Int {
    let first = (Int(truncatingIfNeeded: hash) & mask) * Self.ways
    var chosen = first
    for index in first..<first + Self.ways {
      if hashes[index] == 0 {
        chosen = index
        break
      }
      if places[index].usedAt < places[chosen].usedAt { chosen = index }
    }
    hashes[chosen] = hash
    places[chosen] = Place(ticket: ticket, usedAt: now)
    memcpy(texts + chosen * Self.stride, text.baseAddress!, RoomTokens.textCount)
    return chosen
  }

  /// Notes what Redis said of a ticket, if it is still remembered.
  func note(_ knowledge: Knowledge, until: Int64 = 0, of hash: UInt64, at index: Int) {
    guard hashes[index] == hash else { return }
    places[index].knowledge = knowledge
    places[index].until = until
  }

  /// Notes that Redis was not told after all: it is told with the next poll.
  func forgetTelling(of hash: UInt64, at index: Int) {
    if hashes[index] == hash { places[index].toldAt = 0 }
  }

  /// Of the last 16 bytes, which belong to the signature and are as good as random, and a seed that
  /// nobody outside knows. Never 0, which marks a free place. Takes texts of ``RoomTokens/textCount``.
  @inline(__always)
  func hash(of text: UnsafeRawBufferPointer) -> UInt64 {
    let count = RoomTokens.textCount
    let a = text.loadUnaligned(fromByteOffset: count - 16, as: UInt64.self)
    let b = text.loadUnaligned(fromByteOffset: count - 8, as: UInt64.self)
    let mixed = (a ^ seed).multipliedFullWidth(by: (b ^ 0x9E37_79B9_7F4A_7C15) | 1)
    return (mixed.high ^ mixed.low) | 1 << 63
  }
}
