// Generated from schema/plan.schema.json by scripts/generate-types.mjs.
import type { ShapeSchema } from "../check-shape.ts";

export const planSchema: ShapeSchema = {
  "type": "object",
  "required": [
    "version",
    "digest",
    "name",
    "kind",
    "architecture",
    "storage",
    "config",
    "tensors",
    "programs"
  ],
  "properties": {
    "version": {
      "const": 1
    },
    "digest": {
      "type": "string",
      "pattern": "^[0-9a-f]{16}$"
    },
    "name": {
      "type": "string"
    },
    "kind": {
      "$ref": "#/$defs/kind"
    },
    "architecture": {
      "type": "string"
    },
    "storage": {
      "$ref": "#/$defs/storage"
    },
    "config": {
      "type": "object"
    },
    "tensors": {
      "type": "object",
      "additionalProperties": {
        "type": "array",
        "items": {
          "$ref": "#/$defs/size"
        }
      }
    },
    "weightPrefix": {
      "type": "string"
    },
    "ignoreOtherWeights": {
      "enum": [
        true
      ]
    },
    "sha256": {
      "type": "object",
      "additionalProperties": {
        "type": "string",
        "pattern": "^[0-9a-f]{64}$"
      }
    },
    "programs": {
      "type": "array",
      "minItems": 1,
      "items": {
        "$ref": "#/$defs/program"
      }
    }
  },
  "additionalProperties": false,
  "$defs": {
    "size": {
      "type": "integer",
      "minimum": 0
    },
    "extent": {
      "if": {
        "type": "object"
      },
      "then": {
        "type": "object",
        "required": [
          "factor",
          "symbols"
        ],
        "properties": {
          "factor": {
            "$ref": "#/$defs/size"
          },
          "symbols": {
            "type": "array",
            "items": {
              "type": "string"
            },
            "minItems": 1
          }
        },
        "additionalProperties": false
      },
      "else": {
        "type": "integer",
        "minimum": 0
      }
    },
    "location": {
      "type": "object",
      "required": [
        "space",
        "offset"
      ],
      "properties": {
        "space": {
          "enum": [
            "arena",
            "weights"
          ]
        },
        "offset": {
          "$ref": "#/$defs/size"
        },
        "bytes": {
          "type": "integer",
          "minimum": 0
        }
      },
      "additionalProperties": false
    },
    "tensor": {
      "type": "object",
      "required": [
        "name",
        "dtype",
        "shape"
      ],
      "properties": {
        "name": {
          "type": "string"
        },
        "dtype": {
          "enum": [
            "float32",
            "int32",
            "uint8"
          ]
        },
        "shape": {
          "type": "array",
          "items": {
            "$ref": "#/$defs/extent"
          }
        },
        "stored": {
          "enum": [
            "float16",
            "bfloat16"
          ]
        },
        "default": {
          "enum": [
            "zeros",
            "positions"
          ]
        },
        "table": {
          "type": "string"
        },
        "location": {
          "$ref": "#/$defs/location"
        }
      },
      "additionalProperties": false
    },
    "part": {
      "type": "object",
      "required": [
        "tensor",
        "begin",
        "end"
      ],
      "properties": {
        "tensor": {
          "type": "string"
        },
        "begin": {
          "$ref": "#/$defs/size"
        },
        "end": {
          "$ref": "#/$defs/size"
        },
        "fold": {
          "type": "object",
          "required": [
            "pixels",
            "scales",
            "storage"
          ],
          "properties": {
            "pixels": {
              "$ref": "#/$defs/size"
            },
            "scales": {
              "type": "array",
              "items": {
                "type": "number"
              }
            },
            "storage": {
              "$ref": "#/$defs/storage"
            },
            "shifts": {
              "type": "array",
              "items": {
                "type": "number"
              }
            }
          },
          "additionalProperties": false
        },
        "resample": {
          "type": "object",
          "required": [
            "from",
            "to"
          ],
          "properties": {
            "from": {
              "$ref": "#/$defs/grid"
            },
            "to": {
              "$ref": "#/$defs/grid"
            },
            "mode": {
              "const": "bilinear"
            }
          },
          "additionalProperties": false
        }
      },
      "additionalProperties": false
    },
    "grid": {
      "type": "array",
      "minItems": 2,
      "maxItems": 2,
      "items": {
        "$ref": "#/$defs/size"
      }
    },
    "layout": {
      "if": {
        "required": [
          "width"
        ]
      },
      "then": {
        "type": "object",
        "required": [
          "kind",
          "width",
          "storage"
        ],
        "properties": {
          "kind": {
            "const": "panels"
          },
          "width": {
            "$ref": "#/$defs/size"
          },
          "storage": {
            "$ref": "#/$defs/weightStorage"
          },
          "columns": {
            "$ref": "#/$defs/size"
          }
        },
        "additionalProperties": false
      },
      "else": {
        "type": "object",
        "required": [
          "kind"
        ],
        "properties": {
          "kind": {
            "const": "rows"
          }
        },
        "additionalProperties": false
      }
    },
    "weight": {
      "type": "object",
      "required": [
        "offset",
        "bytes",
        "rows",
        "columns",
        "layout",
        "parts"
      ],
      "properties": {
        "offset": {
          "$ref": "#/$defs/size"
        },
        "bytes": {
          "$ref": "#/$defs/size"
        },
        "rows": {
          "$ref": "#/$defs/size"
        },
        "columns": {
          "$ref": "#/$defs/size"
        },
        "layout": {
          "$ref": "#/$defs/layout"
        },
        "parts": {
          "type": "array",
          "minItems": 1,
          "items": {
            "$ref": "#/$defs/part"
          }
        }
      },
      "additionalProperties": false
    },
    "gather": {
      "type": "object",
      "required": [
        "input",
        "table",
        "count",
        "width",
        "target"
      ],
      "properties": {
        "input": {
          "type": "string"
        },
        "table": {
          "type": "string"
        },
        "count": {
          "$ref": "#/$defs/extent"
        },
        "width": {
          "$ref": "#/$defs/size"
        },
        "target": {
          "$ref": "#/$defs/location"
        },
        "rows": {
          "$ref": "#/$defs/size"
        }
      },
      "additionalProperties": false
    },
    "launch": {
      "type": "object",
      "required": [
        "kernel",
        "operands",
        "extents",
        "origins"
      ],
      "properties": {
        "kernel": {
          "type": "string"
        },
        "operands": {
          "type": "array",
          "items": {
            "$ref": "#/$defs/location"
          }
        },
        "extents": {
          "type": "array",
          "items": {
            "$ref": "#/$defs/extent"
          }
        },
        "units": {
          "type": "object",
          "required": [
            "of",
            "per"
          ],
          "properties": {
            "of": {
              "$ref": "#/$defs/extent"
            },
            "per": {
              "type": "integer",
              "minimum": 1
            }
          },
          "additionalProperties": false
        },
        "origins": {
          "type": "array",
          "items": {
            "type": "string"
          }
        }
      },
      "additionalProperties": false
    },
    "program": {
      "type": "object",
      "required": [
        "name",
        "symbols",
        "inputs",
        "outputs",
        "weights",
        "weightBytes",
        "arenaBytes",
        "scratchBytes",
        "gathers",
        "init",
        "launches",
        "flops"
      ],
      "properties": {
        "name": {
          "type": "string"
        },
        "symbols": {
          "type": "object",
          "additionalProperties": {
            "type": "integer",
            "minimum": 1
          }
        },
        "inputs": {
          "type": "array",
          "items": {
            "$ref": "#/$defs/tensor"
          }
        },
        "outputs": {
          "type": "array",
          "items": {
            "$ref": "#/$defs/tensor"
          }
        },
        "weights": {
          "type": "array",
          "items": {
            "$ref": "#/$defs/weight"
          }
        },
        "weightBytes": {
          "$ref": "#/$defs/size"
        },
        "arenaBytes": {
          "$ref": "#/$defs/size"
        },
        "scratchBytes": {
          "$ref": "#/$defs/size"
        },
        "gathers": {
          "type": "array",
          "items": {
            "$ref": "#/$defs/gather"
          }
        },
        "init": {
          "type": "array",
          "items": {
            "$ref": "#/$defs/launch"
          }
        },
        "launches": {
          "type": "array",
          "items": {
            "$ref": "#/$defs/launch"
          }
        },
        "flops": {
          "type": "number",
          "minimum": 0
        }
      },
      "additionalProperties": false
    },
    "storage": {
      "enum": [
        "float32",
        "float16",
        "bfloat16"
      ]
    },
    "quantized": {
      "type": "object",
      "required": [
        "bits",
        "group"
      ],
      "properties": {
        "bits": {
          "enum": [
            4,
            8
          ]
        },
        "group": {
          "type": "integer",
          "minimum": 1
        },
        "book": {
          "enum": [
            "nf4",
            "fp4"
          ]
        },
        "zero_point": {
          "type": "boolean"
        }
      },
      "additionalProperties": false
    },
    "weightStorage": {
      "if": {
        "type": "object"
      },
      "then": {
        "$ref": "#/$defs/quantized"
      },
      "else": {
        "$ref": "#/$defs/storage"
      }
    },
    "kind": {
      "enum": [
        "siglip",
        "siglip-text",
        "siglip-vision",
        "siglip-image-classification",
        "siglip2",
        "siglip2-vision",
        "siglip2-image-classification",
        "graph"
      ]
    }
  }
};
