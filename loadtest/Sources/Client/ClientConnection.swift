internal import EventLoop

/// Why a request has no answer.
enum ClientFailure: Error, Sendable, CustomStringConvertible {
  /// Nothing could be sent: no connection was to be had.
  case unreachable(String)
  /// The connection ended before the answer was complete.
  case disconnected
  /// No answer within the time allowed.
  case timedOut
  /// Bytes that are no answer to the request.
  case malformed(StaticString)

  var description: String {
    switch self {
    case .unreachable(let reason): "unreachable: \(reason)"
    case .disconnected: "disconnected before the answer"
    case .timedOut: "no answer in time"
    case .malformed(let problem): "malformed answer: \(problem)"
    }
  }
}

/// One keep-alive connection with at most one request in flight. Loop-confined.
///
/// Write a request into ``output``, then ``send()`` it; ``onResponse`` or ``onFailure`` follows
/// exactly once. After a failure, or an answer that closes, the connection must be opened again.
final class ClientConnection {
  /// The next request is written here.
  let output = ByteBuffer(capacity: 1024)

  /// An answer came; its memory is valid during the call.
  var onResponse: ((Response) -> Void)?
  /// The request in flight failed; the connection is closed.
  var onFailure: ((ClientFailure) -> Void)?
  /// The connection ended while no request was in flight.
  var onIdleClose: (() -> Void)?

  private(set) var isBusy = false
  var isOpen: Bool { stream != nil }

  private let loop: EventLoop
  private let address: SocketAddress
  private let checksContract: Bool
  private var stream: ByteStream?
  private let input = ByteBuffer(capacity: 256)
  private let scratch = ByteBuffer(capacity: 16)

  /// - Parameter checksContract: whether an answer that breaks ``AnswerContract`` counts as malformed.
  init(address: SocketAddress, loop: EventLoop, checksContract: Bool = false) {
    self.address = address
    self.checksContract = checksContract
    self.loop = loop
  }

  /// Connects. Call it while closed.
  func open(deadline: Duration) async throws(EventLoopError) {
    let stream = try await ByteStream.connect(to: address, on: loop, deadline: deadline)
    stream.onRead = { [unowned self] bytes in receive(bytes) }
    stream.onEnd = { [unowned self] _ in end(.disconnected) }
    self.stream = stream
    stream.startReading()
  }

  /// Sends what ``output`` holds as one request.
  func send() {
    precondition(!isBusy)
    guard let stream else { preconditionFailure("a closed connection cannot send") }
    isBusy = true
    stream.write(output)
  }

  /// Gives up on the request in flight, for being late, and closes.
  func timeOut() { end(.timedOut) }

  /// Closes without any callback.
  func close() {
    stream?.close()
    stream = nil
    isBusy = false
    input.removeAll()
    output.removeAll()
  }

  private func receive(_ bytes: UnsafeRawBufferPointer) {
    guard isBusy else {
      end(.malformed("bytes that answer no request"))
      return
    }
    // Nearly every answer comes in one piece and is read where it lies.
    let inPlace = input.isEmpty
    if !inPlace { input.append(bytes) }
    let available = inPlace ? bytes : input.bytes
    switch ResponseParser.parse(available, scratch: scratch) {
    case .incomplete:
      if inPlace { input.append(bytes) }
    case .malformed(let problem):
      end(.malformed(problem))
    case .complete(let response, let length):
      guard length == available.count else {
        end(.malformed("bytes behind the end of the answer"))
        return
      }
      if checksContract, let problem = AnswerContract.problem(with: response) {
        end(.malformed(problem))
        return
      }
      finish(response)
    }
  }

  private func finish(_ response: Response) {
    isBusy = false
    if !response.keepsAlive {
      stream?.close()
      stream = nil
    }
    // The response may lie in `input`, and the callback may send the next request already; the next
    // bytes cannot come before this returns.
    onResponse?(response)
    input.removeAll()
  }

  private func end(_ failure: ClientFailure) {
    let wasBusy = isBusy
    close()
    if wasBusy { onFailure?(failure) } else { onIdleClose?() }
  }
}
