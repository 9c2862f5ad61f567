internal import EventLoop

/// What one worker sends and how it judges the answers. Loop-confined; one of each worker.
///
/// Requests of a worker are numbered from 0 in the order in which they are due.
protocol RequestDriver: AnyObject {
  /// Appends the whole request `number` to `output`.
  func write(request number: Int, into output: ByteBuffer)

  /// Judges the answer to request `number`.
  ///
  /// - Returns: an index into the scenario's outcomes.
  func receive(_ response: Response, to number: Int) -> Int

  /// Hears that request `number` has no answer; it may have taken effect.
  ///
  /// - Returns: an index into the scenario's outcomes.
  func fail(request number: Int, _ failure: ClientFailure) -> Int
}
