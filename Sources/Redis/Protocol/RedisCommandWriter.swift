public import EventLoop
internal import Glibc

/// Writes commands in RESP2 straight into a connection's output.
///
/// Say first how many arguments a command has (its name is one), then write exactly that many.
public struct RedisCommandWriter {
  let buffer: ByteBuffer
  private var missing = 0

  /// Writes into `buffer`.
  public init(_ buffer: ByteBuffer) { self.buffer = buffer }

  /// Starts a command of `argumentCount` arguments, its name included.
  @inline(__always)
  public mutating func command(argumentCount: Int) {
    precondition(missing == 0, "\(missing) arguments of the command before are missing")
    precondition(argumentCount > 0)
    missing = argumentCount
    writeHeader(UInt8(ascii: "*"), argumentCount)
  }

  /// Writes one argument of any bytes.
  public mutating func argument(_ bytes: UnsafeRawBufferPointer) {
    count(1)
    let length = bytes.count
    buffer.appendUninitialized(length + Self.overhead) { space in
      var position = Self.write(UInt8(ascii: "$"), length, into: space)
      if let base = bytes.baseAddress { memcpy(space.baseAddress! + position, base, length) }
      position += length
      Self.writeLineEnd(into: space, at: position)
      return position + 2
    }
  }

  /// Writes one argument of `length` bytes, which `write` puts at the address it is given.
  public mutating func argument(count length: Int, _ write: (UnsafeMutableRawPointer) -> Void) {
    count(1)
    buffer.appendUninitialized(length + Self.overhead) { space in
      let position = Self.write(UInt8(ascii: "$"), length, into: space)
      write(space.baseAddress! + position)
      Self.writeLineEnd(into: space, at: position + length)
      return position + length + 2
    }
  }

  /// Writes one argument: `number` in decimal digits.
  public mutating func argument(_ number: Int) {
    count(1)
    buffer.appendUninitialized(2 * Self.overhead) { space in
      let digits = Self.digits(of: number.magnitude)
      let length = digits + (number < 0 ? 1 : 0)
      var position = Self.write(UInt8(ascii: "$"), length, into: space)
      if number < 0 {
        space[position] = UInt8(ascii: "-")
        position += 1
      }
      Self.writeDigits(number.magnitude, count: digits, into: space, at: position)
      position += digits
      Self.writeLineEnd(into: space, at: position)
      return position + 2
    }
  }

  public mutating func argument(_ text: StaticString) {
    argument(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  public mutating func argument(_ text: String) {
    var text = text
    text.withUTF8 { argument(UnsafeRawBufferPointer($0)) }
  }

  public mutating func argument(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { argument($0) }
  }

  /// Writes `count` arguments that are RESP2 already.
  mutating func encoded(_ bytes: [UInt8], argumentCount: Int) {
    count(argumentCount)
    buffer.append(bytes)
  }

  /// Traps if the last command lacks arguments: the connection would hang on it.
  func checkComplete() {
    precondition(missing == 0, "\(missing) arguments of a command are missing")
  }

  @inline(__always)
  private mutating func count(_ arguments: Int) {
    precondition(missing >= arguments, "more arguments than the command was started with")
    missing -= arguments
  }

  // MARK: Digits

  /// Bytes that an argument takes besides its own: `$`, up to twenty digits, two line ends.
  private static let overhead = 26

  private func writeHeader(_ mark: UInt8, _ count: Int) {
    buffer.appendUninitialized(Self.overhead) { Self.write(mark, count, into: $0) }
  }

  @inline(__always)
  private static func write(
    _ mark: UInt8, _ count: Int, into space: UnsafeMutableRawBufferPointer
  ) -> Int {
    space[0] = mark
    let digits = digits(of: UInt(count))
    writeDigits(UInt(count), count: digits, into: space, at: 1)
    writeLineEnd(into: space, at: 1 + digits)
    return digits + 3
  }

  @inline(__always)
  private static func digits(of number: UInt) -> Int {
    var digits = 1
    var rest = number
    while rest >= 10 {
      rest /= 10
      digits += 1
    }
    return digits
  }

  @inline(__always)
  private static func writeDigits(
    _ number: UInt, count: Int, into space: UnsafeMutableRawBufferPointer, at start: Int
  ) {
    var rest = number
    var position = start + count
    while position > start {
      position -= 1
      space[position] = UInt8(truncatingIfNeeded: rest % 10) &+ UInt8(ascii: "0")
      rest /= 10
    }
  }

  @inline(__always)
  private static func writeLineEnd(into space: UnsafeMutableRawBufferPointer, at position: Int) {
    space[position] = UInt8(ascii: "\r")
    space[position + 1] = UInt8(ascii: "\n")
  }
}
