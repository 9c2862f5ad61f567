internal import Domain

extension RoomState {
  /// Reads what `admit_tickets` wrote; nil for anything else.
  public init?(_ bytes: UnsafeRawBufferPointer) {
    let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    guard lines.count == 3 else { return nil }
    let words = lines[0].split(separator: UInt8(ascii: " ")).map {
      String(decoding: $0, as: UTF8.self)
    }
    guard words.count == 15, let queueing = Queueing(rawValue: words[2]) else { return nil }
    let numbers = words.map { Int($0) ?? 0 }
    version = numbers[0]
    generation = numbers[1]
    self.queueing = queueing
    opensAt = numbers[3] > 0 ? Instant(milliseconds: Int64(numbers[3])) : nil
    isOpen = words[4] == "1"
    draw = words[6] == "-" ? nil : PrequeueDraw(base: numbers[5], count: numbers[6])
    seed = words[7] == "-" ? nil : words[7]
    served = numbers[8]
    next = numbers[9]
    waiting = numbers[10]
    inside = numbers[11]
    capacity = numbers[12]
    rateMilli = numbers[13]
    paceMilli = numbers[14]
    front = Self.numbers(lines[1])
    let blocks = Self.numbers(lines[2])
    guard let first = blocks.first else { return nil }
    firstBlock = first
    before = [0]
    before.reserveCapacity(blocks.count)
    for count in blocks.dropFirst() { before.append(before[before.count - 1] + count) }
  }

  private static func numbers(_ line: Slice<UnsafeRawBufferPointer>) -> [Int] {
    var numbers: [Int] = []
    var number: Int?
    for byte in line {
      if byte == UInt8(ascii: " ") {
        if let number { numbers.append(number) }
        number = nil
      } else {
        number = (number ?? 0) * 10 + Int(byte &- UInt8(ascii: "0"))
      }
    }
    if let number { numbers.append(number) }
    return numbers
  }
}
