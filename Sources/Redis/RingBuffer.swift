/// A first-in-first-out queue in one block of memory that is used again and again.
struct RingBuffer<Element> {
  private var slots: ContiguousArray<Element?>
  private var head = 0
  private(set) var count = 0

  init(capacity: Int = 16) {
    var size = 1
    while size < capacity { size *= 2 }
    slots = ContiguousArray(repeating: nil, count: size)
  }

  var isEmpty: Bool { count == 0 }

  private func slot(_ offset: Int) -> Int { (head + offset) & (slots.count - 1) }

  /// The element `offset` places behind the first.
  subscript(offset: Int) -> Element {
    get {
      precondition(offset >= 0 && offset < count)
      return slots[slot(offset)]!
    }
    _modify {
      precondition(offset >= 0 && offset < count)
      yield &slots[slot(offset)]!
    }
  }

  mutating func append(_ element: Element) {
    if count == slots.count { grow() }
    slots[slot(count)] = element
    count += 1
  }

  /// Takes the first element off. Traps when there is none.
  mutating func removeFirst() -> Element {
    precondition(count > 0)
    let element = slots[head].take()!
    head = slot(1)
    count -= 1
    return element
  }

  private mutating func grow() {
    var grown = ContiguousArray<Element?>(repeating: nil, count: slots.count * 2)
    for offset in 0..<count { grown[offset] = slots[slot(offset)].take() }
    slots = grown
    head = 0
  }
}
