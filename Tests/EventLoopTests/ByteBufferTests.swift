import EventLoop
import Testing

@Suite struct ByteBufferTests {
  @Test(arguments: [0, 7, 42, 999, 1000, 123_456, Int.max])
  func `a number takes the place of other bytes, whatever its width`(_ number: Int) {
    let buffer = ByteBuffer(capacity: 0)
    buffer.append("dropped")
    buffer.append("length: ")
    buffer.append("000")
    buffer.append(" body")
    buffer.consume(7)
    buffer.replace(at: 8, width: 3, decimal: number)
    #expect(buffer.text == "length: \(number) body")
  }

  @Test func `memory moves from one buffer to another`() {
    let first = ByteBuffer(capacity: 100)
    first.append("some bytes")
    let second = ByteBuffer(capacity: 0)
    second.attachStorage(first.detachStorage())
    #expect(first.isEmpty && first.storageSize == 0)
    #expect(second.isEmpty && second.storageSize == 100)
    first.append("anew")
    second.append("again")
    #expect(first.text == "anew")
    #expect(second.text == "again")
  }

  @Test func `what is consumed at the front makes room at the end`() {
    let buffer = ByteBuffer(capacity: 16)
    var expected = ""
    for round in 0..<1000 {
      buffer.append("\(round),")
      expected += "\(round),"
      let count = min(round % 7, buffer.count)
      buffer.consume(count)
      expected.removeFirst(count)
      #expect(buffer.text == expected)
    }
    buffer.truncate(to: 3)
    #expect(buffer.text == expected.prefix(3))
  }

  @Test(arguments: [0, -1, 10, -99, Int.max, Int.min])
  func `a number is appended in decimal digits`(_ number: Int) {
    let buffer = ByteBuffer()
    buffer.append(decimal: number)
    #expect(buffer.text == "\(number)")
  }
}
