{
  "targets": [
    {
      "target_name": "sigil_cuda",
      "sources": [
        "native/addon.cpp",
        "native/convert.cpp",
        "native/device.cpp",
        "native/device_object.cpp",
        "native/driver.cpp",
        "native/graph.cpp",
        "native/image.cpp",
        "native/kernels.cpp",
        "native/launch.cpp",
        "native/older_libraries.cpp",
        "native/pinned_pool.cpp",
        "native/promises.cpp",
        "native/staging.cpp",
        "native/timing.cpp",
        "native/upload.cpp",
        "native/worker.cpp"
      ],
      "include_dirs": ["<!(node -p \"require('node-addon-api').include_dir\")"],
      "defines": [
        "NAPI_VERSION=8",
        "NAPI_CPP_EXCEPTIONS",
        "NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS"
      ],
      "cflags!": ["-fno-exceptions"],
      "cflags_cc!": ["-fno-exceptions"],
      "cflags_cc": ["-std=c++17", "-fvisibility=hidden"],
      "xcode_settings": {
        "GCC_ENABLE_CPP_EXCEPTIONS": "YES",
        "CLANG_CXX_LANGUAGE_STANDARD": "c++17"
      },
      "msvs_settings": {
        "VCCLCompilerTool": { "ExceptionHandling": 1, "AdditionalOptions": ["/std:c++17"] }
      }
    }
  ]
}
