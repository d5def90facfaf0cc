#include <string.h>

#include "wire.h"

int wire_pack_string(msgpack_packer *packer, const char *string)
{
    size_t n = strlen(string);
    return msgpack_pack_str(packer, n) || msgpack_pack_str_body(packer, string, n) ? -1 : 0;
}

int wire_pack_map(msgpack_packer *packer, const struct fa_map *map)
{
    int failed = msgpack_pack_map(packer, map->n);
    for (size_t i = 0; i < map->n && !failed; i++)
        failed = wire_pack_string(packer, map->pair[i].key) || wire_pack_value(packer, &map->pair[i].value);
    return failed ? -1 : 0;
}

int wire_pack_value(msgpack_packer *packer, const struct fa_value *value)
{
    int failed = 0;
    switch (value->type) {
    case FA_NIL:
        return msgpack_pack_nil(packer);
    case FA_BOOL:
        return value->boolean ? msgpack_pack_true(packer) : msgpack_pack_false(packer);
    case FA_INT:
        return msgpack_pack_int64(packer, value->integer);
    case FA_REAL:
        if ((double)(float)value->real == value->real) /* what was a float stays four bytes */
            return msgpack_pack_float(packer, (float)value->real);
        return msgpack_pack_double(packer, value->real);
    case FA_STRING:
        return wire_pack_string(packer, value->string);
    case FA_MAP:
        return wire_pack_map(packer, &value->map);
    case FA_ARRAY:
        failed = msgpack_pack_array(packer, value->array.n);
        for (size_t i = 0; i < value->array.n && !failed; i++)
            failed = wire_pack_value(packer, &value->array.item[i]);
    }
    return failed ? -1 : 0;
}
