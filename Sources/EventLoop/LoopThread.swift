internal import CLinux
internal import Glibc

/// A detached operating-system thread with a name.
public enum LoopThread {
  private final class Start {
    let name: String
    let body: @Sendable () -> Void
    init(name: String, body: @escaping @Sendable () -> Void) {
      self.name = name
      self.body = body
    }
  }

  /// Runs `body` on a new thread. Traps when the kernel gives none.
  public static func start(name: String, _ body: @escaping @Sendable () -> Void) {
    let start = Unmanaged.passRetained(Start(name: name, body: body))
    var thread = pthread_t()
    let status = pthread_create(
      &thread, nil,
      { argument in
        let start = Unmanaged<Start>.fromOpaque(argument!).takeRetainedValue()
        spillway_name_current_thread(start.name)
        start.body()
        return nil
      }, start.toOpaque())
    precondition(status == 0, "the kernel refused a thread (error \(status))")
    pthread_detach(thread)
  }
}
