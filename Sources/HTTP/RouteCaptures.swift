/// The parts of a path that a route's captures matched, as ranges of the path, without allocation.
public struct RouteCaptures: Sendable {
  /// Captures that one pattern may have.
  public static let maximum = 4

  /// The names of the captures, in the pattern's order.
  public var names: [String] = []
  private var offsets = SIMD4<UInt16>()
  private var lengths = SIMD4<UInt16>()
  /// How many parts were captured.
  public private(set) var count = 0

  public init() {}

  /// The range of capture `index` in the path.
  public subscript(index: Int) -> Range<Int> {
    precondition(index < count, "the route has no such capture")
    let start = Int(offsets[index])
    return start..<start + Int(lengths[index])
  }

  mutating func push(_ offset: Int, _ length: Int) {
    offsets[count] = UInt16(truncatingIfNeeded: offset)
    lengths[count] = UInt16(truncatingIfNeeded: length)
    count += 1
  }

  mutating func pop() { count -= 1 }
}
