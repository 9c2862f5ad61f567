internal import Glibc

/// The loop of the calling thread, kept in a thread-specific value.
enum CurrentLoop {
  private static let key: pthread_key_t = {
    var key = pthread_key_t()
    precondition(pthread_key_create(&key, nil) == 0, "no thread-specific key left")
    return key
  }()

  static func get() -> EventLoop? {
    guard let pointer = pthread_getspecific(key) else { return nil }
    return Unmanaged<EventLoop>.fromOpaque(pointer).takeUnretainedValue()
  }

  static func set(_ loop: EventLoop?) {
    pthread_setspecific(key, loop.map { Unmanaged.passUnretained($0).toOpaque() })
  }
}
