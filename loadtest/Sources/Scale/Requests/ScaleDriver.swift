internal import EventLoop

/// Sends one worker's part of a run's requests and counts the answers that are not the right one.
/// Loop-confined.
final class ScaleDriver: RequestDriver {
  /// How a request can end; the raw value is the index into the tally.
  enum Ending: Int, CaseIterable {
    case right, wrong
  }

  private let requests: ScaleRequests
  private let share: ScheduleShare
  /// What was kept of each answer, by the number of the worker's request.
  private(set) var kept: [String]
  /// The first answer that was wrong, in words.
  private(set) var problem: String?

  init(_ requests: ScaleRequests, share: ScheduleShare) {
    self.requests = requests
    self.share = share
    kept = requests.kept == nil ? [] : Array(repeating: "", count: share.count)
  }

  func write(request number: Int, into output: ByteBuffer) {
    requests.write(share.worker + number * share.workers, output)
  }

  func receive(_ response: Response, to number: Int) -> Int {
    guard response.status == requests.status else {
      return wrong("status \(response.status) with \(response.bodyText.prefix(300))")
    }
    guard let name = requests.kept else { return Ending.right.rawValue }
    var member = MemberText(name: name)
    guard JSONScanner.scan(response.body, &member), let text = member.text else {
      return wrong("no \(name) in \(response.bodyText.prefix(300))")
    }
    kept[number] = text
    return Ending.right.rawValue
  }

  func fail(request number: Int, _ failure: ClientFailure) -> Int { wrong(failure.description) }

  private func wrong(_ text: String) -> Int {
    if problem == nil { problem = text }
    return Ending.wrong.rawValue
  }
}

/// Finds a text by the name of its member, directly in `data`.
struct MemberText: JSONVisitor {
  let name: StaticString
  private(set) var text: String?

  init(name: StaticString) { self.name = name }

  mutating func member(_ name: UnsafeRawBufferPointer, _ value: JSONToken, depth: Int) {
    guard depth == 2, value.kind == .string, name.isEqual(to: self.name) else { return }
    text = String(decoding: value.bytes, as: UTF8.self)
  }
}
