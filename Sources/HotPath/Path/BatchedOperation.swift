/// Something that is asked for together with others. Loop-confined.
protocol BatchedOperation: AnyObject {
  /// False once nobody wants it any more: it is then not sent.
  var isWaiting: Bool { get }
  /// Told instead of a decision.
  func failed(_ reason: Unavailability)
}

extension Array where Element: BatchedOperation {
  /// The operations that somebody still waits for. Whoever was told to ask again is not given
  /// anything behind their back.
  func stillWanted() -> [Element] {
    guard contains(where: { !$0.isWaiting }) else { return self }
    return filter { operation in
      if operation.isWaiting { return true }
      operation.failed(.abandoned)
      return false
    }
  }
}
