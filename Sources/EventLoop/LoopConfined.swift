/// A value that only one event loop's thread touches, carried through an interface that asks for
/// `Sendable`.
///
/// The confinement is a promise of the code that makes the wrapper; debug builds check it where the
/// loop itself is at hand (``EventLoop/assertCurrent()``).
public struct LoopConfined<Value>: @unchecked Sendable {
  public let value: Value

  public init(_ value: Value) {
    self.value = value
  }
}
